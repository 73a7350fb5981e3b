//! The server of the scenario: PostgreSQL with a template of users, databases made from it, and segments-service on one.

use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::{DatabaseStack, Options};
use harness::{Connection, Environment, Process, run_segment_audits};
use tokio_postgres::{Client, NoTls};

use crate::output::report;
use crate::server::fixture::{self, RECOMMENDED, SHARED_BUFFERS};
use crate::server::machine;
use crate::settings::Settings;

pub(super) const SERVICE: &str = "segments-service";
const TEMPLATE: &str = "bench_template";

/// The login for SQL of segments.
const LOGIN: &str = "bench_queries";

/// Users, and the table that a query of a segment reads.
const FILL: &str = include_str!("../../../sql/segments/fill_users.sql");

/// Servers of the scenario.
pub(super) struct Servers {
    stack: DatabaseStack,
    admin: Client,
    /// The rows of every measurement.
    pub(super) rows: u64,
}

/// A database made from the template, with segments-service on it.
pub(super) struct Arena {
    name: String,
    pub(super) url: String,
    pub(super) database: Client,
    pub(super) service: Process,
}

impl Servers {
    /// Starts PostgreSQL and fills the template.
    pub(super) async fn start(settings: &Settings) -> Result<Self> {
        let mut postgres = RECOMMENDED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        postgres.push((SHARED_BUFFERS.to_owned(), format!("{}MB", machine::memory_mib()? / 4)));
        let stack = DatabaseStack::start(Options { postgres, ..Options::default() }).await?;
        let admin = connect(&stack.url("postgres")).await?;
        admin.batch_execute(&format!("CREATE ROLE {LOGIN} LOGIN")).await?;
        admin.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).await?;
        let servers = Self { stack, admin, rows: u64::from(settings.rows()) };
        harness::migrate(SERVICE, &servers.environment(TEMPLATE)).await?;
        let template = connect(&servers.stack.url(TEMPLATE)).await?;
        template.batch_execute(&FILL.replace("$ROWS", &servers.rows.to_string())).await?;
        template.batch_execute("VACUUM ANALYZE").await?;
        Ok(servers)
    }

    /// A new database with the users, without a service.
    pub(super) async fn database(&self, name: &str) -> Result<Client> {
        let connected =
            format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{TEMPLATE}'");
        self.admin.batch_execute(&connected).await?;
        let create = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy");
        self.admin.batch_execute(&create).await?;
        connect(&self.stack.url(name)).await
    }

    /// A new database with the users, and the service on it.
    pub(super) async fn arena(&self, name: &str) -> Result<Arena> {
        let database = self.database(name).await?;
        let url = self.stack.url(name);
        let log = self.stack.folder().join(format!("{name}.log"));
        let service = Process::spawn(SERVICE, &self.environment(name), log)?;
        service.ready().await?;
        Ok(Arena { name: name.to_owned(), url, database, service })
    }

    /// The settings of the service on a database.
    fn environment(&self, database: &str) -> Environment {
        let settings = [
            ("DATABASE_URL", self.stack.url(database)),
            ("REFRESH_DATABASE_URL", self.stack.url_as(LOGIN, database)),
            ("LOG_LEVEL", "warn".to_owned()),
        ];
        settings.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Writes all changed pages, so that no measurement writes those of the one before.
    pub(super) async fn checkpoint(&self) -> Result<()> {
        Ok(self.admin.batch_execute("CHECKPOINT").await?)
    }

    /// Drops a database.
    pub(super) async fn drop_database(&self, name: &str) -> Result<()> {
        Ok(self.admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?)
    }

    /// CPU seconds of PostgreSQL so far.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        machine::family_cpu_seconds(self.stack.postgres().id().context("PostgreSQL has ended")?)
    }

    /// The machine and the settings of PostgreSQL.
    pub(super) async fn environment_of_the_report(&self, settings: &Settings) -> Result<report::Environment> {
        Ok(report::Environment {
            processor: machine::processor(),
            cores: machine::cores(),
            fsync_ms: machine::fsync_ms(self.stack.folder())?,
            batch_size: settings.batch_size,
            orders: self.rows,
            repeat: settings.repeat(),
            seed: settings.seed,
            quick: settings.quick,
            postgresql: fixture::settings_of(&self.admin).await?,
        })
    }

    pub(super) async fn stop(self) -> Result<()> {
        self.stack.stop().await
    }
}

impl Arena {
    /// A connection to the service.
    pub(super) fn connection(&self) -> Connection {
        Connection::new(self.service.address())
    }

    /// CPU seconds of the service so far.
    pub(super) async fn cpu_seconds(&self) -> Result<f64> {
        machine::cpu_seconds(self.service.id().await.context("the service has ended")?)
    }

    /// Forgets the peak memory of the service so far.
    pub(super) async fn forget_peak(&self) -> Result<()> {
        let id = self.service.id().await.context("the service has ended")?;
        Ok(fs::write(format!("/proc/{id}/clear_refs"), "5")?)
    }

    /// The peak memory of the service since, in MiB.
    pub(super) async fn peak_mib(&self) -> Result<f64> {
        Ok(self.service.peak_kib().await? as f64 / 1024.0)
    }

    /// A number from the database.
    pub(super) async fn count(&self, query: &str) -> Result<u64> {
        let count: i64 = self.database.query_one(query, &[]).await?.try_get(0)?;
        Ok(u64::try_from(count)?)
    }

    /// The open memberships of a segment.
    pub(super) async fn members(&self, segment: &str) -> Result<u64> {
        let query = format!(
            "SELECT count(*) FROM segments.memberships JOIN segments.segments USING (segment_id)
            WHERE name = '{segment}' AND closed_by IS NULL"
        );
        self.count(&query).await
    }

    /// The audits of the schema find nothing.
    pub(super) async fn audit(&self) -> Result<()> {
        let found = run_segment_audits(&self.database).await?;
        let found: Vec<_> = found.iter().filter(|audit| !audit.differences.is_empty()).collect();
        ensure!(found.is_empty(), "the audits have found differences: {found:?}");
        Ok(())
    }

    /// Stops the service and drops the database.
    pub(super) async fn close(self, servers: &Servers) -> Result<()> {
        self.service.stop().await?;
        servers.drop_database(&self.name).await
    }
}

/// A connection to a database.
pub(super) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}
