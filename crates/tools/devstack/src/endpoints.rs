//! Addresses of the servers of a stack, as a client needs them and as `TAGMILL_STACK` describes them.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

pub(crate) mod databases;
mod fresh;
pub(crate) mod topics;

/// The superuser that owns every database of a stack; loopback connections are trusted, so there is no password.
pub(crate) const POSTGRES_USER: &str = "tagmill";

/// Addresses of Kafka, PostgreSQL and Redis of a stack. It also creates topics, databases and names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    kafka_port: u16,
    postgres_port: u16,
    redis_port: u16,
}

impl Endpoints {
    pub(crate) fn new(kafka_port: u16, postgres_port: u16, redis_port: u16) -> Self {
        Self { kafka_port, postgres_port, redis_port }
    }

    /// For `bootstrap.servers`: `127.0.0.1:20001`.
    pub fn bootstrap_servers(&self) -> String {
        format!("127.0.0.1:{}", self.kafka_port)
    }

    /// The URL of the database `name`, whether it exists or not.
    pub fn database_url(&self, name: &str) -> String {
        database_url(self.postgres_port, name)
    }

    /// The same for another role; no password is needed.
    pub fn database_url_as(&self, role: &str, name: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{name}?sslmode=disable", self.postgres_port)
    }

    /// The URL of Redis database `number`, 0 to 511; 0 holds this crate's own counters.
    pub fn redis_url(&self, number: u16) -> String {
        redis_url(self.redis_port, number)
    }

    /// Environment variables for a service or a shell. The database is `postgres`, which always exists.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("KAFKA_BOOTSTRAP_SERVERS", self.bootstrap_servers()),
            ("DATABASE_URL", self.database_url("postgres")),
            ("REDIS_URL", self.redis_url(0)),
        ]
    }

    /// Reads a description that [`Self::write`] left.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read(file).with_context(|| format!("cannot read the stack description {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} does not describe a stack", file.display()))
    }

    /// Describes the stack to other processes.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// The URL of a database of the cluster on a port.
pub(crate) fn database_url(port: u16, name: &str) -> String {
    format!("postgres://{POSTGRES_USER}@127.0.0.1:{port}/{name}?sslmode=disable")
}

/// The URL of a database of the Redis on a port.
pub(crate) fn redis_url(port: u16, number: u16) -> String {
    format!("redis://127.0.0.1:{port}/{number}")
}
