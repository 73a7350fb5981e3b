//! The sweeper's change: memberships whose time is over are closed, with one operation for each segment and round.

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};
use futures_util::try_join;
use serde_json::json;

use super::{Cause, Changes, clock, locks, operation::Operation};

pub(crate) mod sweeper;

const SELECT_SEGMENTS: Statement = statement!("segments/memberships/select_expired_segments");
const COUNT: Statement = statement!("segments/memberships/count_expired");
const EXPIRE: Statement = statement!("segments/memberships/expire_memberships");

impl Changes {
    /// Closes memberships whose time is over. Returns how many. Several replicas may do so at the same time: each looks
    /// again under the lock of the segment.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sweep(&self) -> Result<i64, Failure> {
        let transaction = self.database.begin_change().await?;
        let rows = transaction.query(&SELECT_SEGMENTS, []).await?;
        transaction.commit().await?;
        let mut count = 0;
        for row in &rows {
            count += self.sweep_segment(get(row, 0)?).await?;
        }
        Ok(count)
    }

    async fn sweep_segment(&self, id: i32) -> Result<i64, Failure> {
        let transaction = self.database.begin_change().await?;
        let ((), now) = try_join!(locks::segment(&transaction, id), clock(&transaction))?;
        let count = expire(&transaction, id, now).await?;
        transaction.commit().await?;
        Ok(count)
    }
}

/// Closes the memberships of a locked segment whose time is over. Returns how many.
pub(super) async fn expire(transaction: &Transaction, id: i32, now: PgTimestamp) -> Result<i64, Failure> {
    let rows = transaction.query(&COUNT, [&id, &now]).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| get(row, 0))?;
    if count == 0 {
        return Ok(0);
    }
    let (cause, detail) = (&Cause::task("sweeper"), json!({ "count": count }));
    let operation = Operation { kind: "expire", at: now, cause, segment_id: Some(id), user_id: None, detail };
    let operation_id = operation.insert(transaction).await?;
    transaction.execute(&EXPIRE, [&id, &now, &operation_id]).await?;
    Ok(count)
}
