//! Writing to M: the first fill, the ordinary traffic, a transaction that stays open, large changes.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;
use workload::master::{Model, Session, Sizes, Table, Transaction, Writer};

/// Time between two transactions of the traffic.
const PAUSE: Duration = Duration::from_millis(200);

/// M, and the model of it.
pub(super) struct Master {
    session: Session,
    /// The session of the transaction that stays open.
    other: Session,
    writer: Writer,
    open: Option<Transaction>,
    /// Number of rows changed by committed transactions.
    changed: u64,
}

impl Master {
    /// Creates the tables and fills them.
    pub(super) async fn fill(url: &str, seed: u64, rows: u32) -> Result<Self> {
        let (session, other) = (Session::connect(url).await?, Session::connect(url).await?);
        let now = session.clock().await?;
        let writer = tokio::task::spawn_blocking(move || Writer::new(seed, Sizes::of_orders(rows), now)).await?;
        session.fill(writer.model()).await?;
        Ok(Self { session, other, writer, open: None, changed: 0 })
    }

    /// What M holds.
    pub(super) fn model(&self) -> &Model {
        self.writer.model()
    }

    /// Number of rows changed so far.
    pub(super) fn changed(&self) -> u64 {
        self.changed
    }

    /// One transaction of the traffic, and a pause.
    pub(super) async fn traffic(&mut self) -> Result<()> {
        self.write(Writer::traffic).await?;
        sleep(PAUSE).await;
        Ok(())
    }

    /// Changes a share of a table. Returns the number of rows.
    pub(super) async fn update_many(&mut self, table: Table, share: f64) -> Result<usize> {
        self.write(|writer, now| writer.update_many(table, share, now)).await
    }

    /// Deletes a share of a table. Returns the number of rows.
    pub(super) async fn delete_many(&mut self, table: Table, share: f64) -> Result<usize> {
        self.write(|writer, _| writer.delete_many(table, share)).await
    }

    /// Begins a transaction and leaves it open. Returns the number of rows it has changed.
    pub(super) async fn open(&mut self) -> Result<usize> {
        let now = self.other.begin().await?;
        let transaction = self.writer.held_open(now);
        self.other.write(&transaction).await?;
        Ok(self.open.insert(transaction).len())
    }

    /// Commits it.
    pub(super) async fn commit(&mut self) -> Result<()> {
        if let Some(transaction) = self.open.take() {
            self.other.commit().await?;
            self.committed(&transaction);
        }
        Ok(())
    }

    async fn write(&mut self, draw: impl FnOnce(&mut Writer, i64) -> Transaction) -> Result<usize> {
        let now = self.session.begin().await?;
        let transaction = draw(&mut self.writer, now);
        self.session.write(&transaction).await?;
        self.session.commit().await?;
        self.committed(&transaction);
        Ok(transaction.len())
    }

    fn committed(&mut self, transaction: &Transaction) {
        self.writer.commit(transaction);
        self.changed += transaction.len() as u64;
    }
}
