//! A session with M: definitions, the first fill by COPY, transactions.

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::{Client, CopyInSink, NoTls};

use super::model::Model;
use super::row::Row;
use super::table::Table;
use super::transaction::Transaction;

/// Numbers of transactions that have committed, for a writer that has lost the answer to a COMMIT.
const NOTES: &str = "CREATE TABLE IF NOT EXISTS writer_notes (number bigint PRIMARY KEY)";

/// Bytes sent at a time.
const CHUNK: usize = 64 * 1024;

/// The clock, and a transaction id before anything is stamped, so that no snapshot can pass over the transaction.
const BEGIN: &str = "SELECT pg_current_xact_id()::text, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// A connection to M.
pub struct Session {
    client: Client,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// If M cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("cannot connect to M")?;
        tokio::spawn(connection);
        client.batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'").await?;
        Ok(Self { client })
    }

    /// M's clock, in microseconds since 1970.
    ///
    /// # Errors
    /// If M does not answer.
    pub async fn clock(&self) -> Result<i64> {
        Ok(self.client.query_one(CLOCK, &[]).await.context("M's clock")?.try_get(0)?)
    }

    /// Creates the tables and fills them. Returns the number of rows.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn fill(&self, model: &Model) -> Result<u64> {
        let mut rows = 0;
        for table in Table::ALL {
            self.client.batch_execute(table.definition()).await.with_context(|| table.name().to_owned())?;
            rows += self.copy(table.name(), table, model.rows(table)).await?;
        }
        self.client.batch_execute("ANALYZE").await?;
        Ok(rows)
    }

    /// Begins a transaction. Returns M's clock, for its stamps.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn begin(&self) -> Result<i64> {
        self.client.batch_execute("BEGIN").await.context("cannot begin a transaction of M")?;
        Ok(self.client.query_one(BEGIN, &[]).await?.try_get(1)?)
    }

    /// Makes the changes, without a commit.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn write(&self, transaction: &Transaction) -> Result<()> {
        for table in Table::ALL {
            let Some(changes) = transaction.changes(table) else { continue };
            let gone: Vec<i64> = changes.iter().filter(|(_, row)| row.is_none()).map(|(id, _)| *id).collect();
            let (name, id) = (table.name(), table.columns()[0]);
            if !gone.is_empty() {
                self.client.execute(&format!("DELETE FROM {name} WHERE {id} = ANY ($1::bigint[])"), &[&gone]).await?;
            }
            let rows = changes.iter().filter_map(|(id, row)| Some((*id, row.as_ref()?)));
            let stage = format!("new_{name}");
            let create = format!("CREATE TEMP TABLE {stage} (LIKE {name}) ON COMMIT DROP");
            self.client.batch_execute(&create).await?;
            self.copy(&stage, table, rows).await?;
            self.client.batch_execute(&upsert(table, &stage)).await.with_context(|| name.to_owned())?;
        }
        Ok(())
    }

    /// Creates the table of notes.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn create_notes(&self) -> Result<()> {
        self.client.batch_execute(NOTES).await.context("cannot create the table of notes")
    }

    /// Adds a number to the transaction. [`Session::is_noted`] tells whether the transaction has committed.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn note(&self, number: i64) -> Result<()> {
        self.client.execute("INSERT INTO writer_notes VALUES ($1)", &[&number]).await.context("cannot note")?;
        Ok(())
    }

    /// Whether the transaction with this number has committed.
    ///
    /// # Errors
    /// If M does not answer.
    pub async fn is_noted(&self, number: i64) -> Result<bool> {
        let found = "SELECT EXISTS (SELECT FROM writer_notes WHERE number = $1)";
        Ok(self.client.query_one(found, &[&number]).await.context("cannot read the notes")?.try_get(0)?)
    }

    /// Commits.
    ///
    /// # Errors
    /// If M refuses.
    pub async fn commit(&self) -> Result<()> {
        self.client.batch_execute("COMMIT").await.context("M has not committed")
    }

    async fn copy(&self, into: &str, table: Table, rows: impl Iterator<Item = (i64, &Row)>) -> Result<u64> {
        let sink: CopyInSink<Bytes> = self.client.copy_in(&format!("COPY {into} FROM STDIN")).await?;
        let mut sink = std::pin::pin!(sink);
        let (mut line, mut chunk) = (String::new(), BytesMut::new());
        for (id, row) in rows {
            line.clear();
            row.line(table, id, &mut line);
            line.push('\n');
            chunk.extend_from_slice(line.as_bytes());
            if chunk.len() >= CHUNK {
                sink.send(chunk.split().freeze()).await?;
            }
        }
        sink.send(chunk.freeze()).await?;
        sink.finish().await.with_context(|| format!("cannot fill {into}"))
    }
}

/// Writes the rows of a stage.
fn upsert(table: Table, stage: &str) -> String {
    let [id, others @ ..] = table.columns() else { return String::new() };
    let set: Vec<String> = others.iter().map(|column| format!("{column} = EXCLUDED.{column}")).collect();
    let (name, set) = (table.name(), set.join(", "));
    format!("INSERT INTO {name} SELECT * FROM {stage} ON CONFLICT ({id}) DO UPDATE SET {set}")
}
