//! Kafka, PostgreSQL and Redis as the tests see them.

pub(crate) mod kafka;
pub(crate) mod redis;
pub(crate) mod postgres;
