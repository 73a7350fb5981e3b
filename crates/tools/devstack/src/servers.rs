//! The servers: Kafka, PostgreSQL, Redis, a pooler, and how a process is started and ended.

pub(crate) mod watchdog;
pub(crate) mod kafka;
pub(crate) mod pooler;
pub(crate) mod ports;
pub(crate) mod owner;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod redis_cluster;
pub(crate) mod role_settings;
pub(crate) mod server;
