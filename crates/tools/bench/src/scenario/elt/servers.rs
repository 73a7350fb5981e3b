//! The servers of the scenario: M with its writer, A, Redis, and the environment of elt-service.

use std::fs;

use anyhow::{Context, Result};
use devstack::{EltStack, EltUrls, Options};
use tokio_postgres::{Client, NoTls};
use workload::master::{Model, Session, Sizes, Table, Transaction, Writer};

use crate::output::report;
use crate::server::fixture::{self, RECOMMENDED, SHARED_BUFFERS};
use crate::server::machine;
use crate::settings::Settings;

const JOB: &str = include_str!("../../../jobs/orders.yaml");

/// The servers, with the rows in M.
pub(super) struct Servers {
    stack: EltStack,
    urls: EltUrls,
    environment: harness::Environment,
    session: Session,
    writer: Writer,
    pub(super) source: Client,
    pub(super) target: Client,
}

impl Servers {
    /// Starts them, fills M, and creates the schema `elt`.
    pub(super) async fn start(settings: &Settings) -> Result<Self> {
        let mut postgres = RECOMMENDED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        postgres.push((SHARED_BUFFERS.to_owned(), format!("{}MB", machine::memory_mib()? / 8)));
        let stack = EltStack::start(Options { postgres, ..Options::default() }).await?;
        let urls = stack.create("bench").await?;
        let (source, target) = (connect(&urls.source).await?, connect(&urls.target).await?);
        let session = Session::connect(&urls.source).await?;
        let sizes = Sizes { orders: settings.rows(), users: 0, products: 0, shops: 0 };
        let writer = Writer::new(settings.seed, sizes, session.clock().await?);
        session.fill(writer.model()).await?;
        source.batch_execute("VACUUM ANALYZE orders").await?;
        let environment = environment(&stack, &urls)?;
        harness::migrate("elt-service", &environment).await?;
        Ok(Self { stack, urls, environment, session, writer, source, target })
    }

    /// What M holds.
    pub(super) fn model(&self) -> &Model {
        self.writer.model()
    }

    /// Rows of M.
    pub(super) fn rows(&self) -> u64 {
        self.model().len(Table::Orders) as u64
    }

    /// The servers' URLs.
    pub(super) fn urls(&self) -> &EltUrls {
        &self.urls
    }

    /// The folder of the servers.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.stack.folder()
    }

    pub(super) fn environment_of_the_service(&self) -> &harness::Environment {
        &self.environment
    }

    /// Changes a share of the rows. Returns their number.
    pub(super) async fn change(&mut self, share: f64) -> Result<u64> {
        let now = self.session.begin().await?;
        let transaction = self.writer.update_many(Table::Orders, share, now);
        self.write(&transaction).await
    }

    /// Deletes a share of the rows. Returns their number.
    pub(super) async fn delete(&mut self, share: f64) -> Result<u64> {
        self.session.begin().await?;
        let transaction = self.writer.delete_many(Table::Orders, share);
        self.write(&transaction).await
    }

    async fn write(&mut self, transaction: &Transaction) -> Result<u64> {
        self.session.write(transaction).await?;
        self.session.commit().await?;
        self.writer.commit(transaction);
        Ok(transaction.len() as u64)
    }

    /// Makes A and Redis as they were before the first load.
    pub(super) async fn forget(&self) -> Result<()> {
        let statement = "DROP TABLE IF EXISTS orders; DELETE FROM elt.jobs; DELETE FROM elt.runs";
        self.target.batch_execute(statement).await?;
        self.flush_redis().await
    }

    pub(super) async fn flush_redis(&self) -> Result<()> {
        devstack::redis_command(&self.urls.redis, "FLUSHDB", &[]).await
    }

    /// Where the rows of A are, and which transactions wrote them, as a sum.
    pub(super) async fn places(&self) -> Result<i64> {
        let statement = "SELECT sum(hashtext(ctid::text || xmin::text)) FROM orders";
        Ok(self.target.query_one(statement, &[]).await?.try_get(0)?)
    }

    /// Dead rows of the round before are none of this one's business.
    pub(super) async fn calm(&self) -> Result<()> {
        self.source.batch_execute("VACUUM ANALYZE orders").await?;
        self.target.batch_execute("VACUUM").await?;
        Ok(())
    }

    /// No measurement writes the pages of the one before.
    pub(super) async fn checkpoint(&self) -> Result<()> {
        self.source.batch_execute("CHECKPOINT").await?;
        Ok(self.target.batch_execute("CHECKPOINT").await?)
    }

    /// The machine and the settings of PostgreSQL.
    pub(super) async fn environment(&self, settings: &Settings) -> Result<report::Environment> {
        Ok(report::Environment {
            processor: machine::processor(),
            cores: machine::cores(),
            fsync_ms: machine::fsync_ms(self.folder())?,
            batch_size: settings.batch_size,
            orders: u64::from(settings.rows()),
            repeat: settings.repeat(),
            seed: settings.seed,
            quick: settings.quick,
            postgresql: fixture::settings_of(&self.target).await?,
        })
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.stack.stop().await
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

fn environment(stack: &EltStack, urls: &EltUrls) -> Result<harness::Environment> {
    let (jobs, logs) = (stack.folder().join("jobs"), stack.folder().join("logs"));
    fs::create_dir_all(&jobs)?;
    fs::write(jobs.join("orders.yaml"), JOB)?;
    let own = [("JOBS_DIR", jobs.display().to_string()), ("LOG_DIR", logs.display().to_string())];
    let all = urls.variables().into_iter().chain(own);
    Ok(all.map(|(name, value)| (name.to_owned(), value)).collect())
}
