//! The record of a change: what, when, by whom and why.

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};

use super::Cause;
use crate::metrics;

const INSERT: Statement = statement!("segments/operations/insert_operation");

/// An operation to record.
pub(super) struct Operation<'a> {
    pub(super) kind: &'static str,
    pub(super) at: PgTimestamp,
    pub(super) cause: &'a Cause,
    pub(super) segment_id: Option<i32>,
    pub(super) user_id: Option<i32>,
    pub(super) detail: serde_json::Value,
}

impl Operation<'_> {
    /// Records it and returns its id.
    pub(super) async fn insert(&self, transaction: &Transaction) -> Result<i64, Failure> {
        let (actor, request_id) = (&self.cause.actor, self.cause.request_id.as_deref());
        let detail = self.detail.to_string();
        let rows = transaction
            .query(&INSERT, [&self.kind, &self.at, &actor, &self.segment_id, &self.user_id, &request_id, &detail])
            .await?;
        metrics::operation(self.kind, 1);
        rows.first().map_or(Ok(0), |row| get(row, 0))
    }
}
