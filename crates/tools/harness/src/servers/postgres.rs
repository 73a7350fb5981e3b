//! Queries to the database of a pipeline.

use anyhow::{Context, Result};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage, SimpleQueryRow};

use crate::layer::Layer;
use crate::pipeline::Pipeline;

impl Pipeline {
    /// A separate connection: it may hold locks or be terminated without affecting others.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub async fn database(&self) -> Result<Client> {
        let (client, connection) = tokio_postgres::connect(&self.database_url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Runs SQL and returns the rows as `psql -At` prints them: columns as text, `|` between them, NULL as nothing.
    ///
    /// # Errors
    /// If PostgreSQL rejects the statement or does not answer.
    pub async fn sql(&self, statements: &str) -> Result<Vec<String>> {
        Ok(self.sql_rows(statements).await?.iter().map(|row| cells(row).join("|")).collect())
    }

    /// Runs SQL outside the pipeline's database, for statements about whole databases.
    ///
    /// # Errors
    /// If PostgreSQL rejects the statement or does not answer.
    pub async fn administer(&self, statement: &str) -> Result<()> {
        let (client, connection) = tokio_postgres::connect(&self.endpoints().database_url("postgres"), NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(statement).await.with_context(|| statement.to_owned())
    }

    /// Truncates all tables of a layer's schema, as a person might do.
    ///
    /// # Errors
    /// If PostgreSQL rejects the statement or does not answer.
    pub async fn truncate(&self, layer: Layer) -> Result<()> {
        let tables = format!(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = '{}'",
            layer.stem()
        );
        let tables = self.sql(&tables).await?.join("");
        self.sql(&format!("TRUNCATE {tables}")).await?;
        Ok(())
    }

    /// Number of parked orders.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub async fn parked(&self) -> Result<u64> {
        self.count("SELECT count(*) FROM stg.order_events WHERE parked_at IS NOT NULL").await
    }

    /// Number of un-parked orders that are not marked as sent.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub async fn unsent(&self) -> Result<u64> {
        self.count("SELECT count(*) FROM stg.order_events WHERE unsent").await
    }

    /// Number of rules that are not applied to all users, and of changes of tags that are not marked as sent.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub async fn untagged(&self) -> Result<u64> {
        self.count(include_str!("untagged.sql")).await
    }

    /// The number that a statement returns.
    ///
    /// # Errors
    /// It returns none, or PostgreSQL does not answer.
    pub async fn count(&self, statement: &str) -> Result<u64> {
        let rows = self.sql(statement).await?;
        Ok(rows.first().context("no row")?.parse()?)
    }

    pub(crate) async fn sql_rows(&self, statements: &str) -> Result<Vec<SimpleQueryRow>> {
        let client = self.database().await?;
        let messages = client.simple_query(statements).await.with_context(|| statements.to_owned())?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }
}

fn cells(row: &SimpleQueryRow) -> Vec<&str> {
    (0..row.len()).map(|column| row.get(column).unwrap_or_default()).collect()
}
