//! Environment of the services: broker, database and Redis, with topics, schema and names in place.

use std::env;
use std::path::Path;

use anyhow::{Context, Result};
use devstack::{Durability, Options, Stack, Topic};
use harness::{Environment, Layer};
use tokio_postgres::NoTls;
use workload::broker::Broker;
use workload::load;
use workload::source::Reference;

const DATABASE: &str = "warehouse";

/// The servers with their content. They are stopped when dropped; the folder belongs to the caller.
pub(crate) struct Fixture {
    stack: Stack,
    pub(crate) broker: Broker,
    pub(crate) database: tokio_postgres::Client,
}

impl Fixture {
    /// Starts the servers, durable as in production, and creates topics, schema and names.
    pub(crate) async fn set(folder: &Path, names: Vec<Reference>) -> Result<Self> {
        let options = Options { folder: Some(folder.to_owned()), durability: Durability::Full, ..Options::default() };
        let stack = Stack::start(options).await?;
        let endpoints = stack.endpoints();
        endpoints.create_topics(&Topic::pipeline(1)).await?;
        let url = endpoints.create_database(DATABASE).await?;
        let (database, connection) = tokio_postgres::connect(&url, NoTls).await.context("the warehouse")?;
        tokio::spawn(connection);
        let broker = Broker::plain(endpoints.bootstrap_servers());
        let fixture = Self { stack, broker, database };
        harness::migrate(&Layer::Stg.binary(), &fixture.environment()).await?;
        load::reference(&fixture.redis_url(), names.into_iter().map(Ok)).await?;
        Ok(fixture)
    }

    /// Creates more topics.
    pub(crate) async fn create_topics(&self, topics: &[Topic]) -> Result<()> {
        self.stack.endpoints().create_topics(topics).await
    }

    /// The URL of the warehouse for another role.
    pub(crate) fn url_of(&self, role: &str) -> String {
        self.stack.endpoints().database_url_as(role, DATABASE)
    }

    /// The environment variables of a service.
    pub(crate) fn environment(&self) -> Environment {
        let own = [
            ("KAFKA_BOOTSTRAP_SERVERS", self.broker.bootstrap.clone()),
            ("DATABASE_URL", self.stack.endpoints().database_url(DATABASE)),
            ("REDIS_URL", self.redis_url()),
            ("SCHEDULE", "continuous".to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ];
        let passed = ["RUST_LOG", "RUST_BACKTRACE"].into_iter().filter_map(|name| Some((name, env::var(name).ok()?)));
        own.into_iter().chain(passed).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Stops everything gracefully.
    pub(crate) async fn strike(self) -> Result<()> {
        drop(self.database);
        self.stack.stop().await
    }

    fn redis_url(&self) -> String {
        self.stack.endpoints().redis_url(0)
    }
}
