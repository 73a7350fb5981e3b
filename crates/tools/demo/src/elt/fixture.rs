//! Environment of the service: M, A and Redis, durable as in production, with the tables of M, the schema `elt`, job files.

use std::path::Path;

use anyhow::{Context, Result};
use devstack::{Durability, EltStack, EltUrls, Options};
use harness::Environment;
use tokio_postgres::{Client, NoTls};

use super::jobs::Jobs;

const DATABASE: &str = "shop";

/// Time between two cycles.
const SCHEDULE: &str = "5s";

/// The servers with their content. They are stopped when dropped; the folder belongs to the caller.
pub(super) struct Fixture {
    stack: EltStack,
    urls: EltUrls,
    /// A.
    pub(super) target: Client,
    pub(super) jobs: Jobs,
    pub(super) environment: Environment,
}

impl Fixture {
    /// Starts the servers, and creates the schema `elt` and the folder of jobs.
    pub(super) async fn set(folder: &Path) -> Result<Self> {
        let options = Options { folder: Some(folder.to_owned()), durability: Durability::Full, ..Options::default() };
        let stack = EltStack::start(options).await?;
        let urls = stack.create(DATABASE).await?;
        let (target, connection) = tokio_postgres::connect(&urls.target, NoTls).await.context("A")?;
        tokio::spawn(connection);
        let jobs = Jobs::create(folder.join("jobs"))?;
        let environment = environment(&urls, &jobs, folder);
        harness::migrate("elt-service", &environment).await?;
        Ok(Self { stack, urls, target, jobs, environment })
    }

    /// The URL of M.
    pub(super) fn source_url(&self) -> &str {
        &self.urls.source
    }

    /// Empties Redis.
    pub(super) async fn flush_redis(&self) -> Result<()> {
        devstack::redis_command(&self.urls.redis, "FLUSHDB", &[]).await
    }

    /// Stops the servers.
    pub(super) async fn strike(self) -> Result<()> {
        drop(self.target);
        self.stack.stop().await
    }
}

fn environment(urls: &EltUrls, jobs: &Jobs, folder: &Path) -> Environment {
    let path = |path: &Path| path.display().to_string();
    let own = [
        ("JOBS_DIR", path(jobs.folder())),
        ("LOG_DIR", path(&folder.join("logs"))),
        ("SCHEDULE", SCHEDULE.to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    let passed = ["RUST_LOG", "RUST_BACKTRACE"].into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let all = urls.variables().into_iter().chain(own).chain(passed);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}
