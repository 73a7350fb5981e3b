//! A Redis database for each test, and the number of commands that the server has run.

use redis::{Client, aio::MultiplexedConnection};
use reference::{ReferenceStore, Settings};

/// Writes the names that are read.
pub(crate) struct Writer(MultiplexedConnection);

impl Writer {
    pub(crate) async fn open(url: &str) -> anyhow::Result<Self> {
        Ok(Self(Client::open(url)?.get_multiplexed_async_connection().await?))
    }

    pub(crate) async fn set(&mut self, id: &str, value: &str) -> anyhow::Result<()> {
        Ok(redis::cmd("SET").arg(id).arg(value).exec_async(&mut self.0).await?)
    }

    /// The number of `MGET` commands that the server has run, for all clients.
    pub(crate) async fn questions(&mut self) -> anyhow::Result<u64> {
        let statistics: String = redis::cmd("INFO").arg("commandstats").query_async(&mut self.0).await?;
        let line = statistics.lines().find_map(|line| line.strip_prefix("cmdstat_mget:calls="));
        Ok(line.and_then(|line| line.split(',').next()).map_or(Ok(0), str::parse)?)
    }

    pub(crate) async fn run(&mut self, command: &mut redis::Cmd) -> anyhow::Result<()> {
        Ok(command.exec_async(&mut self.0).await?)
    }
}

pub(crate) fn names(url: &str) -> ReferenceStore {
    ReferenceStore::connect(&Settings::from_url(url, None).unwrap())
}
