//! Environment of a run with elt-service: the servers behind proxies, the folder of job files, two replicas.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devstack::{EltProxies, EltStack, EltUrls, NetworkFault, Options, Proxy};
use harness::Environment;
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};
use workload::master::Table;

use super::fault::Server;
use crate::replicas::plan::REPLICAS;
use crate::replicas::replica::Replica;

/// Time between two cycles.
const SCHEDULE: &str = "1s";

/// The servers and the replicas. Everything is stopped when it is dropped.
pub(super) struct Fixture {
    pub(super) replicas: Vec<Replica>,
    /// Of a subcommand: without proxies.
    pub(super) environment: Environment,
    /// The servers by their own addresses.
    pub(super) urls: EltUrls,
    stack: EltStack,
    /// Faults of one server exclude each other.
    turns: [Mutex<()>; 3],
}

impl Fixture {
    /// Starts the servers, and creates the schema `elt` and the job files.
    pub(super) async fn set() -> Result<Self> {
        let stack = EltStack::start(Options { proxied: true, ..Options::for_tests() }).await?;
        let urls = stack.create("shop").await?;
        let jobs = stack.folder().join("jobs");
        fs::create_dir(&jobs)?;
        for (name, text) in Table::ALL.map(Table::job) {
            fs::write(jobs.join(name), text)?;
        }
        let environment = environment(&urls, stack.folder(), "commands");
        harness::migrate("elt-service", &environment).await?;
        Ok(Self { replicas: Vec::new(), environment, urls, stack, turns: Default::default() })
    }

    /// Starts the replicas, behind the proxies.
    pub(super) fn start_replicas(&mut self) -> Result<()> {
        let proxied = self.stack.proxied(&self.urls);
        for number in 0..REPLICAS {
            let environment = environment(&proxied, self.stack.folder(), &format!("replica-{number}"));
            self.replicas.push(Replica::start("elt-service", number, environment, self.stack.folder().to_owned())?);
        }
        Ok(())
    }

    /// The proxy of a server.
    pub(super) fn proxy(&self, server: Server) -> Result<&Proxy> {
        let EltProxies { source, target, redis } = self.stack.proxies().context("no proxies")?;
        Ok(match server {
            Server::Source => source,
            Server::Target => target,
            Server::Redis => redis,
        })
    }

    /// One fault of a server at a time.
    pub(super) async fn turn(&self, server: Server) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns[server as usize].lock().await
    }

    pub(super) async fn kill(&self, server: Server) -> Result<()> {
        match server {
            Server::Source => self.stack.source().kill().await,
            Server::Target => self.stack.target().kill().await,
            Server::Redis => self.stack.redis().kill().await,
        }
    }

    /// Starts a server. It is not an error if it runs.
    pub(super) async fn start(&self, server: Server) -> Result<()> {
        match server {
            Server::Source => self.stack.source().start().await,
            Server::Target => self.stack.target().start().await,
            Server::Redis => self.stack.redis().start().await,
        }
    }

    pub(super) async fn empty_redis(&self) -> Result<()> {
        devstack::redis_command(&self.urls.redis, "FLUSHDB", &[]).await
    }

    /// Ends network faults, and starts servers.
    pub(super) async fn heal(&self) -> Result<()> {
        for server in Server::ALL {
            self.proxy(server)?.set(NetworkFault::Fair);
            self.start(server).await?;
        }
        Ok(())
    }

    /// A connection to the target.
    pub(super) async fn target(&self) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.urls.target, NoTls).await.context("the target")?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Copies the logs of replicas and servers to a folder that is kept.
    pub(super) fn keep_logs(&self, folder: Option<&Path>) -> Result<PathBuf> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => tempfile::Builder::new().prefix("tagmill-chaos-").tempdir()?.keep(),
        };
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(self.stack.folder())? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        Ok(folder)
    }
}

fn environment(urls: &EltUrls, folder: &Path, name: &str) -> Environment {
    let own = [
        ("JOBS_DIR", folder.join("jobs").display().to_string()),
        ("LOG_DIR", folder.join("logs").join(name).display().to_string()),
        ("SCHEDULE", SCHEDULE.to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    urls.variables().into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect()
}
