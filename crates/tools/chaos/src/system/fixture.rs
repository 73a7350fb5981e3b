//! Servers of a run: a separate stack, proxies in front of it, and a disk that can be filled.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devstack::{Options, Proxies, Proxy, Stack};
use harness::Pipeline;

use crate::fault::Server;
use crate::system::disk::{Disk, Mounts};
use crate::system::hosts::Hosts;

/// Everything except the services.
pub(crate) struct Fixture {
    // Dropped in this order: the disk detaches its mount even if it is in use.
    pub(crate) disk: Option<Disk>,
    pub(crate) hosts: Option<Hosts>,
    pub(crate) pipeline: Pipeline,
    pub(crate) stack: Stack,
}

impl Fixture {
    /// Starts the servers and makes the pipeline's topics and database.
    pub(crate) async fn set(partitions: i32, mounts: Mounts) -> Result<Self> {
        let stack = Stack::start(Options { proxied: true, elsewhere: true, ..Options::for_tests() }).await?;
        let way = stack.proxies().context("the stack has no proxies")?.endpoints();
        let pipeline = Pipeline::start_on(stack.endpoints(), partitions).await?.via(&way).quiet();
        let (disk, hosts) = match mounts {
            Mounts::Own => {
                let disk = Disk::under(&stack, &pipeline).await.context("cannot create a disk for the database")?;
                (Some(disk), Some(Hosts::own()?))
            }
            Mounts::Forbidden => (None, None),
        };
        Ok(Self { disk, hosts, pipeline, stack })
    }

    pub(crate) fn proxies(&self) -> Result<&Proxies> {
        self.stack.proxies().context("the stack has no proxies")
    }

    pub(crate) fn proxy(&self, server: Server) -> Result<&Proxy> {
        let proxies = self.proxies()?;
        Ok(match server {
            Server::Kafka => &proxies.kafka,
            Server::Postgres => &proxies.postgres,
            Server::Redis => &proxies.redis,
        })
    }

    pub(crate) async fn start(&self, server: Server) -> Result<()> {
        match server {
            Server::Kafka => self.stack.kafka().start().await,
            Server::Postgres => self.stack.postgres().start().await,
            Server::Redis => self.stack.redis().start().await,
        }
    }

    pub(crate) async fn kill(&self, server: Server) -> Result<()> {
        match server {
            Server::Kafka => self.stack.kafka().kill().await,
            Server::Postgres => self.stack.postgres().kill().await,
            Server::Redis => self.stack.redis().kill().await,
        }
    }

    pub(crate) fn pause(&self, server: Server) -> Result<()> {
        match server {
            Server::Kafka => self.stack.kafka().pause(),
            Server::Postgres => self.stack.postgres().pause(),
            Server::Redis => self.stack.redis().pause(),
        }
    }

    pub(crate) fn resume(&self, server: Server) -> Result<()> {
        match server {
            Server::Kafka => self.stack.kafka().resume(),
            Server::Postgres => self.stack.postgres().resume(),
            Server::Redis => self.stack.redis().resume(),
        }
    }

    /// Copies the logs of services and servers to a folder that is kept.
    pub(crate) fn keep_logs(&self, folder: Option<&Path>) -> Result<PathBuf> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => tempfile::Builder::new().prefix("tagmill-chaos-").tempdir()?.keep(),
        };
        std::fs::create_dir_all(&folder)?;
        for (name, text) in self.pipeline.logs()? {
            std::fs::write(folder.join(name), text)?;
        }
        for name in ["kafka.log", "postgres.log", "redis.log"] {
            std::fs::copy(self.stack.folder().join(name), folder.join(name))?;
        }
        Ok(folder)
    }
}
