//! Databases of a stack: created, cloned from a template that is prepared once, dropped.

use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use crate::endpoints::Endpoints;

impl Endpoints {
    /// Creates an empty database and returns its URL.
    pub async fn create_database(&self, name: &str) -> anyhow::Result<String> {
        create(&self.database_url("postgres"), name).await?;
        Ok(self.database_url(name))
    }

    /// Creates a copy of `template` and returns its URL. The template must have no connections.
    pub async fn create_database_from(&self, template: &str, name: &str) -> anyhow::Result<String> {
        let statement = format!("CREATE DATABASE {} TEMPLATE {}", quoted(name), quoted(template));
        self.administer(&statement).await?;
        Ok(self.database_url(name))
    }

    /// Creates a role that may only log in, unless it exists. Roles belong to all databases of the stack.
    pub async fn create_role(&self, name: &str) -> anyhow::Result<()> {
        let client = connect(&self.database_url("postgres")).await?;
        client.execute("SELECT pg_advisory_lock(hashtext($1))", &[&name]).await?;
        if client.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&name]).await?.is_none() {
            client.batch_execute(&format!("CREATE ROLE {} LOGIN", quoted(name))).await?;
        }
        Ok(())
    }

    /// Drops a database if it exists, and terminates its sessions.
    pub async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
        self.administer(&statement).await
    }

    /// Ensures that the template `name` exists. The first caller creates it and fills it with `prepare`, which gets its
    /// URL; others wait. `prepare` must close its connections. If it fails, the next caller starts again.
    pub async fn template_database(
        &self,
        name: &str,
        prepare: impl AsyncFnOnce(String) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let client = connect(&self.database_url("postgres")).await?;
        // Held until the connection closes, at the end of this function or of this process.
        client.execute("SELECT pg_advisory_lock(hashtext($1))", &[&name]).await?;
        // A database that is marked as a template is complete.
        let finished = "SELECT FROM pg_database WHERE datname = $1 AND datistemplate";
        if client.query_opt(finished, &[&name]).await?.is_some() {
            return Ok(());
        }
        self.drop_database(name).await?;
        let url = self.create_database(name).await?;
        prepare(url).await.with_context(|| format!("cannot prepare the template {name}"))?;
        self.administer(&format!("ALTER DATABASE {} IS_TEMPLATE true", quoted(name))).await
    }

    async fn administer(&self, statement: &str) -> anyhow::Result<()> {
        let client = connect(&self.database_url("postgres")).await?;
        client.batch_execute(statement).await.with_context(|| statement.to_owned())
    }
}

/// Creates an empty database over a connection to another one of its cluster.
pub(crate) async fn create(url: &str, name: &str) -> anyhow::Result<()> {
    let statement = format!("CREATE DATABASE {}", quoted(name));
    connect(url).await?.batch_execute(&statement).await.with_context(|| statement.clone())
}

/// The same, unless the database exists.
pub(crate) async fn ensure(url: &str, name: &str) -> anyhow::Result<()> {
    let found = connect(url).await?.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?;
    if found.is_none() { create(url, name).await } else { Ok(()) }
}

/// Waits until the cluster has the database.
pub(crate) async fn await_known(url: &str, name: &str) -> anyhow::Result<()> {
    let client = connect(url).await?;
    while client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_none() {
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Connects. A task drives the connection and ends with the client.
pub(crate) async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
