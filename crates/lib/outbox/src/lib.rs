//! Outbox: messages without a Kafka offset, stored as unsent and published until the broker acknowledges them.
//!
//! One transaction locks the messages of a round from reading to marking, so that no other replica sends them. If the
//! round fails, the transaction is rolled back by the next one, and the messages are published again.
//!
//! ```text
//! begin → read and lock the unsent rows → begin_publishing → (the loop publishes) → mark_sent
//! ```

use std::fmt;

use consumer::{DependencyError, Failure, Message};
use database::{Database, Statement, Transaction};

/// The messages of one replica that are being published and not yet acknowledged.
pub struct Outbox {
    mark_sent: Statement,
    publishing: Option<Publishing>,
}

/// The transaction that locks the rows, and their ids.
struct Publishing {
    transaction: Transaction,
    ids: Vec<i64>,
}

impl Outbox {
    /// `mark_sent` is the statement that marks the rows with the ids `$1` (`bigint[]`) as sent.
    #[must_use]
    pub const fn new(mark_sent: Statement) -> Self {
        Self { mark_sent, publishing: None }
    }

    /// Begins the transaction of a round. It unlocks the messages of an earlier round that was not acknowledged.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin(&mut self, database: &Database) -> Result<Transaction, DependencyError> {
        self.publishing = None;
        database.begin_batch().await
    }

    /// Returns the messages to publish, given with the ids of their rows, and keeps the transaction that locks the rows
    /// until [`Outbox::mark_sent`]. Without messages the transaction ends at once.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin_publishing(
        &mut self,
        transaction: Transaction,
        rows: Vec<(i64, Message)>,
    ) -> Result<Vec<Message>, Failure> {
        let (ids, messages): (Vec<i64>, Vec<Message>) = rows.into_iter().unzip();
        if ids.is_empty() {
            transaction.commit().await?;
        } else {
            self.publishing = Some(Publishing { transaction, ids });
        }
        Ok(messages)
    }

    /// Marks the published messages as sent, after their acknowledgement.
    ///
    /// # Errors
    /// The mark was not stored, and the messages will be published again.
    pub async fn mark_sent(&mut self) -> Result<(), Failure> {
        if let Some(Publishing { transaction, ids }) = self.publishing.take() {
            transaction.execute(&self.mark_sent, [&ids]).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.publishing.as_ref().map(|publishing| &publishing.ids);
        out.debug_struct("Outbox").field("mark_sent", &self.mark_sent.name).field("publishing", &ids).finish()
    }
}
