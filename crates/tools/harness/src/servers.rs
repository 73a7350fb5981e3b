//! Kafka, PostgreSQL and Redis, as used by the tests.

pub(crate) mod kafka;
pub(crate) mod redis;
pub(crate) mod postgres;
