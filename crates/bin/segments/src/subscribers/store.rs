//! A subscription with the state of its sync, and the states of users, as the database has them.

use consumer::Failure;
use database::{PgTimestamp, Row, Statement, Transaction, get, statement};
use uuid::Uuid;

use super::{
    change::{Op, User},
    difference::{Membership, UserState},
    target::Audience,
};

const TRY_LOCK: Statement = statement!("segments/syncs/try_lock_sync");
const SELECT: Statement = statement!("segments/syncs/select_subscription");
const STATES: Statement = statement!("segments/deliveries/select_states");

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The number.
    pub id: i32,
    /// The number of the segment.
    pub segment_id: i32,
    /// The id of the segment.
    pub segment: Uuid,
    /// The name of the segment.
    pub segment_name: String,
    /// `webhook`, `kafka` or `csv`.
    pub target: String,
    /// The rendered name.
    pub audience: String,
    /// The URL, the topic or the path.
    pub destination: String,
    /// As JSON.
    pub params: String,
    /// The whole audience at once.
    pub is_full: bool,
    /// Five fields, UTC. `None`: immediate.
    pub cron: Option<String>,
    /// The status.
    pub status: String,
    /// It has ended.
    pub is_ended: bool,
    /// The secrets of a webhook that are valid, the newest first.
    pub secrets: Vec<Vec<u8>>,
}

/// The state of its sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyncState {
    /// What the last complete sync saw. `None`: there was none.
    pub(super) seen: Option<String>,
    /// The begin of the last complete sync.
    pub(super) success_at: Option<PgTimestamp>,
    /// The begin of the last complete comparison.
    pub(super) reconciled_at: Option<PgTimestamp>,
    /// Failures since.
    pub(super) failures: i32,
    /// Members at the target.
    pub(super) members: i64,
    /// The row of the log of a request.
    pub(super) requested: Option<i64>,
    /// The row of the log of this hour.
    pub(super) hour_run: Option<i64>,
    /// The target knows that the subscription has ended.
    pub(super) is_finished: bool,
    /// What is visible now.
    pub(super) visible: String,
    /// The clock.
    pub(super) now: PgTimestamp,
}

impl Subscription {
    /// The subscription, as its target sees it.
    #[must_use]
    pub fn audience(&self) -> Audience {
        Audience { subscription_id: self.id, name: self.audience.clone(), segment: self.segment_name.clone() }
    }

    /// A parameter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<serde_json::Value> {
        let params: serde_json::Value = serde_json::from_str(&self.params).ok()?;
        params.get(name).cloned()
    }

    /// The number of changes in a batch.
    #[must_use]
    pub fn batch(&self) -> usize {
        /// Without `params.batch`.
        const DEFAULT: usize = 100;
        let batch = self.param("batch").and_then(|batch| usize::try_from(batch.as_u64()?).ok());
        batch.filter(|batch| (1..=1000).contains(batch)).unwrap_or(DEFAULT)
    }
}

/// Locks the sync of a subscription until the end of the transaction. False: another process has it.
pub(super) async fn try_lock(transaction: &Transaction, id: i32) -> Result<bool, Failure> {
    let rows = transaction.query(&TRY_LOCK, [&id]).await?;
    rows.first().map_or(Ok(false), |row| get(row, 0))
}

/// A subscription, and the state of its sync.
pub(super) async fn select(transaction: &Transaction, id: i32) -> Result<Option<(Subscription, SyncState)>, Failure> {
    let rows = transaction.query(&SELECT, [&id]).await?;
    rows.first().map(read).transpose()
}

fn read(row: &Row) -> Result<(Subscription, SyncState), Failure> {
    let subscription = Subscription {
        id: get(row, 0)?,
        segment_id: get(row, 1)?,
        segment: get(row, 2)?,
        segment_name: get(row, 3)?,
        target: get(row, 4)?,
        audience: get(row, 5)?,
        destination: get(row, 6)?,
        params: get(row, 7)?,
        is_full: get(row, 8)?,
        cron: get(row, 9)?,
        status: get(row, 10)?,
        is_ended: get(row, 11)?,
        secrets: get(row, 12)?,
    };
    let state = SyncState {
        seen: get(row, 13)?,
        success_at: get(row, 14)?,
        reconciled_at: get(row, 15)?,
        failures: get(row, 16)?,
        members: get(row, 17)?,
        requested: get(row, 18)?,
        hour_run: get(row, 19)?,
        is_finished: get(row, 20)?,
        visible: get(row, 21)?,
        now: get(row, 22)?,
    };
    Ok((subscription, state))
}

/// The states of users, in their order.
pub(super) async fn states(
    transaction: &Transaction,
    subscription: &Subscription,
    users: &[i32],
) -> Result<Vec<UserState>, Failure> {
    let rows = transaction.query(&STATES, [&subscription.id, &subscription.segment_id, &users]).await?;
    rows.iter().map(state).collect()
}

fn state(row: &Row) -> Result<UserState, Failure> {
    let membership = |first: usize, end: Option<PgTimestamp>| {
        let Some(id) = get(row, first)? else { return Ok::<_, Failure>(None) };
        let (start, hash_email, hash_phone) = (get(row, first + 1)?, get(row, first + 2)?, get(row, first + 3)?);
        Ok(Some(Membership { id, start, end, hash_email, hash_phone }))
    };
    let (ops, ids): (Vec<String>, Vec<i64>) = (get(row, 17)?, get(row, 18)?);
    let op = |name: String| if name == Op::Added.name() { Op::Added } else { Op::Removed };
    Ok(UserState {
        user: User { user_id: get(row, 0)?, guid: get(row, 1)?, source_id: get(row, 2)? },
        open: membership(3, None)?,
        delivered: membership(7, get(row, 11)?)?,
        attempted: membership(12, get(row, 16)?)?,
        rejected: ops.into_iter().map(op).zip(ids).collect(),
    })
}
