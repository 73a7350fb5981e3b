//! What a sync records: acknowledged and rejected changes, its end, and its row of the log.

use std::{collections::BTreeSet, time::Duration};

use consumer::Failure;
use database::{PgTimestamp, Row, Statement, Transaction, get, statement};

use super::{
    backoff::backoff,
    change::{Change, Op},
    store::{Subscription, SyncState},
    target::{Answer, Stop},
};

const DELETE: Statement = statement!("segments/deliveries/delete_deliveries");
const UPSERT: Statement = statement!("segments/deliveries/upsert_deliveries");
const MARK: Statement = statement!("segments/deliveries/mark_attempts");
const REJECT: Statement = statement!("segments/deliveries/insert_rejections");
const COUNT: Statement = statement!("segments/deliveries/count_deliveries");
const PENDING: Statement = statement!("segments/deliveries/count_pending");
const BATCH: Statement = statement!("segments/syncs/record_batch");
const FINISH: Statement = statement!("segments/syncs/finish_sync");
const FAIL: Statement = statement!("segments/syncs/fail_sync");
const FINISH_SUBSCRIPTION: Statement = statement!("segments/syncs/finish_subscription");
const INSERT_RUN: Statement = statement!("segments/syncs/insert_run");
const UPDATE_RUN: Statement = statement!("segments/syncs/update_run");

/// The row of the log of a sync.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogRun {
    /// The row. `None`: it is not written yet.
    pub(super) run_id: Option<i64>,
    /// The row is written even if nothing was sent.
    pub(super) is_always_written: bool,
}

/// Numbers of a batch, or of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) acknowledged: i32,
    pub(super) rejected: i32,
    /// Changes that were not done.
    pub(super) unsent: i32,
    pub(super) members: i64,
}

/// What a sync knows when it ends.
#[derive(Debug)]
pub(super) struct End<'a> {
    pub(super) visible: &'a str,
    pub(super) began_at: PgTimestamp,
    /// All users were compared.
    pub(super) is_whole: bool,
}

impl LogRun {
    /// That of a request, of this hour, or a new one.
    pub(super) fn of(subscription: &Subscription, state: &SyncState) -> Self {
        let hour = state.hour_run.filter(|_| subscription.cron.is_none());
        let is_always_written =
            state.requested.is_some() || subscription.cron.is_some() || subscription.status != "uploaded";
        Self { run_id: state.requested.or(hour), is_always_written }
    }

    async fn write(
        &mut self,
        transaction: &Transaction,
        subscription: &Subscription,
        (state, action): (&str, &str),
        error: Option<&str>,
        counts: Counts,
        existed: bool,
    ) -> Result<(), Failure> {
        let Counts { acknowledged, rejected, members, .. } = counts;
        let members = i32::try_from(members).unwrap_or(i32::MAX);
        let Some(run_id) = self.run_id else {
            let values = [
                &subscription.id as _,
                &state as _,
                &action as _,
                &error as _,
                &error as _,
                &members as _,
                &acknowledged as _,
                &rejected as _,
                &existed as _,
            ];
            let rows = transaction.query(&INSERT_RUN, values).await?;
            self.run_id = rows.first().map(|row| get(row, 0)).transpose()?;
            return Ok(());
        };
        let values = [
            &run_id as _,
            &state as _,
            &error as _,
            &error as _,
            &members as _,
            &acknowledged as _,
            &rejected as _,
            &existed as _,
        ];
        transaction.execute(&UPDATE_RUN, values).await.map(drop)
    }
}

/// Records the changes that are done, in their order. `members` was the number of members at the target. A membership that the target refuses
/// to add, and that is not among `marked`, may have been added by an earlier attempt whose answer was lost: it stays noted, so that its end
/// is sent.
pub(super) async fn changes(
    transaction: &Transaction,
    (subscription, members): (&Subscription, i64),
    changes: &[Change],
    answer: &Answer,
    marked: Option<&BTreeSet<i64>>,
) -> Result<Counts, Failure> {
    let is_certain = |change: &Change| marked.is_none_or(|marked| marked.contains(&change.membership_id));
    let done = changes.get(..answer.done).unwrap_or(changes);
    let is_rejected = |index: usize| answer.rejected.iter().any(|rejected| rejected.index == index);
    let acknowledged = done.iter().enumerate().filter(|(index, _)| !is_rejected(*index)).map(|(_, change)| change);
    let (removed, added): (Vec<&Change>, Vec<&Change>) = acknowledged.partition(|change| change.op == Op::Removed);
    let refused = done
        .iter()
        .enumerate()
        .filter(|(index, change)| is_rejected(*index) && change.op == Op::Added && is_certain(change));
    let absent: Vec<&Change> = removed.iter().copied().chain(refused.map(|(_, change)| change)).collect();
    let (id, (users, memberships)) = (subscription.id, columns(&absent));
    // First: a user may be removed and added.
    let left = transaction.query(&DELETE, [&id, &users, &memberships]).await?;
    let (users, memberships) = columns(&added);
    let joined = transaction.query(&UPSERT, [&id, &users, &memberships]).await?;
    reject(transaction, id, done, answer).await?;
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let counted = |rows: &[Row]| rows.first().map_or(Ok(0), |row| get::<i64>(row, 0));
    Ok(Counts {
        acknowledged: number(removed.len() + added.len()),
        rejected: number(answer.rejected.len()),
        unsent: number(changes.len() - done.len()),
        members: members + counted(&joined)? - counted(&left)?,
    })
}

/// Notes memberships before they are sent for the first time.
pub(super) async fn mark(
    transaction: &Transaction,
    subscription: &Subscription,
    memberships: &[(i32, i64)],
) -> Result<(), Failure> {
    let (users, memberships): (Vec<i32>, Vec<i64>) = memberships.iter().copied().unzip();
    transaction.execute(&MARK, [&subscription.id, &users, &memberships]).await.map(drop)
}

fn columns(changes: &[&Change]) -> (Vec<i32>, Vec<i64>) {
    changes.iter().map(|change| (change.user.user_id, change.membership_id)).unzip()
}

async fn reject(transaction: &Transaction, id: i32, done: &[Change], answer: &Answer) -> Result<(), Failure> {
    let rejected: Vec<(&Change, &str)> = answer
        .rejected
        .iter()
        .filter_map(|rejected| Some((done.get(rejected.index)?, rejected.response.as_str())))
        .collect();
    if rejected.is_empty() {
        return Ok(());
    }
    let memberships: Vec<i64> = rejected.iter().map(|(change, _)| change.membership_id).collect();
    let ops: Vec<&str> = rejected.iter().map(|(change, _)| change.op.name()).collect();
    let users: Vec<i32> = rejected.iter().map(|(change, _)| change.user.user_id).collect();
    let ids: Vec<&str> = rejected.iter().map(|(change, _)| change.change_id.as_str()).collect();
    let responses: Vec<&str> = rejected.iter().map(|(_, response)| *response).collect();
    transaction.execute(&REJECT, [&id, &memberships, &ops, &users, &ids, &responses]).await.map(drop)
}

/// The number of changes to send, of all users.
pub(super) async fn count_pending(transaction: &Transaction, subscription: &Subscription) -> Result<i64, Failure> {
    let rows = transaction.query(&PENDING, [&subscription.id, &subscription.segment_id]).await?;
    rows.first().map_or(Ok(0), |row| get(row, 0))
}

/// Records a batch of a sync that goes on.
pub(super) async fn batch(
    transaction: &Transaction,
    subscription: &Subscription,
    run: &mut LogRun,
    counts: Counts,
    existed: bool,
) -> Result<(), Failure> {
    run.write(transaction, subscription, ("running", "update"), None, counts, existed).await?;
    transaction.execute(&BATCH, [&subscription.id, &counts.members, &run.run_id]).await.map(drop)
}

/// Records the end of a complete sync. After a comparison of all users, the members at the target are counted.
pub(super) async fn finish(
    transaction: &Transaction,
    (subscription, state): (&Subscription, &SyncState),
    run: &mut LogRun,
    mut counts: Counts,
    existed: bool,
    end: &End<'_>,
) -> Result<(), Failure> {
    let id = subscription.id;
    if end.is_whole {
        let rows = transaction.query(&COUNT, [&id]).await?;
        counts.members = rows.first().map_or(Ok(0), |row| get(row, 0))?;
    }
    if run.is_always_written || counts.acknowledged > 0 || counts.rejected > 0 {
        run.write(transaction, subscription, ("success", "update"), None, counts, existed).await?;
    }
    let values = [
        &id as _,
        &end.visible as _,
        &end.began_at as _,
        &end.is_whole as _,
        &counts.members as _,
        &run.run_id as _,
        &state.requested as _,
    ];
    transaction.execute(&FINISH, values).await.map(drop)
}

/// Records a failure, and when the next attempt is made. `pending` changes wait.
pub(super) async fn fail(
    transaction: &Transaction,
    (subscription, state): (&Subscription, &SyncState),
    run: &mut LogRun,
    (counts, existed): (Counts, bool),
    stop: &Stop,
    pending: i64,
) -> Result<(), Failure> {
    let (status, error, after) = match stop {
        Stop::Gone(error) => ("gone", error, None),
        Stop::Retry { error, after } => ("failing", error, *after),
    };
    let action = if subscription.is_ended { "remove" } else { "update" };
    run.write(transaction, subscription, ("failed", action), Some(error), counts, existed).await?;
    let wait = backoff(state.failures).max(after.unwrap_or(Duration::ZERO));
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    let values = [
        &subscription.id as _,
        &status as _,
        &wait as _,
        &pending as _,
        &counts.members as _,
        &run.run_id as _,
        &state.requested as _,
    ];
    transaction.execute(&FAIL, values).await.map(drop)
}

/// Records that the target knows the end of the subscription.
pub(super) async fn finish_subscription(
    transaction: &Transaction,
    subscription: &Subscription,
    message: Option<&str>,
) -> Result<(), Failure> {
    let mut run = LogRun { run_id: None, is_always_written: true };
    run.write(transaction, subscription, ("success", "remove"), message, Counts::default(), true).await?;
    transaction.execute(&FINISH_SUBSCRIPTION, [&subscription.id, &run.run_id]).await.map(drop)
}
