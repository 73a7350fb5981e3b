//! A change of the memberships of one user.

use consumer::Failure;
use database::{PgTimestamp, Row, Statement, Transaction, get, statement};
use futures_util::{future::OptionFuture, try_join};
use serde_json::json;

use super::{
    Cause, Changes, Error, clock, locks,
    operation::Operation,
    plan::{Open, Pair, Plan, Segment, State, Status, User, Who, Wish, plan},
};

const SELECT_USER: Statement = statement!("segments/users/select_user");
const SELECT_SEGMENTS: Statement = statement!("segments/segments/select_segments");
const SELECT_PAIRS: Statement = statement!("segments/memberships/select_pairs");
const INSERT: Statement = statement!("segments/memberships/insert_memberships");
const CLOSE: Statement = statement!("segments/memberships/close_memberships");
const INSERT_SEGMENTS: Statement = statement!("segments/operations/insert_operation_segments");
const SET_ENDS: Statement = statement!("segments/memberships/set_membership_ends");

impl Changes {
    /// Changes the memberships of one user in the segments with these names. `decide` sees the locked state, and returns
    /// what is wanted or why not.
    ///
    /// # Errors
    /// That of `decide`, or the database does not answer. Nothing is changed then.
    pub async fn change_user<E>(
        &self,
        who: Who,
        names: &[&str],
        cause: &Cause,
        decide: impl FnOnce(&State) -> Result<Vec<Wish>, E>,
    ) -> Result<(), Error<E>> {
        let transaction = self.database.begin_change().await?;
        match change(&transaction, &who, names, cause, decide).await {
            Ok(Some(_)) => Ok(transaction.commit().await?),
            Ok(None) => Ok(transaction.rollback().await?),
            Err(Error::Rejected(rejected)) => {
                transaction.rollback().await?;
                Err(Error::Rejected(rejected))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Changes the memberships of one user in a transaction. `None`: there is nothing to change.
pub(super) async fn change<E>(
    transaction: &Transaction,
    who: &Who,
    names: &[&str],
    cause: &Cause,
    decide: impl FnOnce(&State) -> Result<Vec<Wish>, E>,
) -> Result<Option<(i64, Plan)>, Error<E>> {
    let (ids, user_id) = try_join!(locks::segments(transaction, names), locks::user(transaction, who))?;
    let state = read(transaction, user_id, &ids).await?;
    let wishes = decide(&state).map_err(Error::Rejected)?;
    let plan = plan(&state, &wishes);
    match &state.user {
        Some(user) if !plan.is_empty() => {
            let operation_id = write(transaction, user.id, &plan, state.now, cause).await?;
            Ok(Some((operation_id, plan)))
        }
        _ => Ok(None),
    }
}

/// Reads the state after the locks. The statements are sent together.
async fn read(transaction: &Transaction, user_id: Option<i32>, ids: &[i32]) -> Result<State, Failure> {
    let user = OptionFuture::from(user_id.map(async |id| transaction.query(&SELECT_USER, [&id]).await));
    let pairs_user = user_id.unwrap_or_default();
    let (user, segments, pairs, now) = try_join!(
        async { user.await.transpose() },
        transaction.query(&SELECT_SEGMENTS, [&ids]),
        transaction.query(&SELECT_PAIRS, [&pairs_user, &ids]),
        clock(transaction),
    )?;
    let user = user.iter().flatten().next().map(self::user).transpose()?;
    // Both are ordered by segment.
    let pairs = segments.iter().zip(&pairs).map(|(segment, pair)| {
        Ok(Pair { segment: self::segment(segment)?, open: open(pair)?, last_end: get(pair, 5)? })
    });
    Ok(State { user, pairs: pairs.collect::<Result<_, Failure>>()?, now })
}

/// A user of `select_user`.
pub(super) fn user(row: &Row) -> Result<User, Failure> {
    let status = match get(row, 2)? {
        "active" => Status::Active,
        "excluded" => Status::Excluded,
        _ => Status::Removed,
    };
    Ok(User { id: get(row, 0)?, guid: get(row, 1)?, status })
}

/// A segment of `select_segments`.
pub(super) fn segment(row: &Row) -> Result<Segment, Failure> {
    Ok(Segment {
        id: get(row, 0)?,
        name: get(row, 1)?,
        is_alive: get(row, 2)?,
        refresh_auto: get(row, 3)?,
        is_tag: get::<Option<bool>>(row, 4)?.unwrap_or(false),
    })
}

/// The open membership of `select_pairs`.
pub(super) fn open(row: &Row) -> Result<Option<Open>, Failure> {
    let Some(id) = get(row, 1)? else { return Ok(None) };
    Ok(Some(Open { id, start: get(row, 2)?, end: get(row, 3)?, by_refresh: get(row, 4)? }))
}

/// Records the operations of a plan and changes the rows. Returns the id of the operation.
pub(super) async fn write(
    transaction: &Transaction,
    user_id: i32,
    plan: &Plan,
    now: PgTimestamp,
    cause: &Cause,
) -> Result<i64, Failure> {
    expire(transaction, user_id, plan, now).await?;
    let operation = Operation {
        kind: "change_user",
        at: now,
        cause,
        segment_id: None,
        user_id: Some(user_id),
        detail: detail(plan),
    };
    let operation_id = operation.insert(transaction).await?;
    let (close, close_ends): (Vec<i64>, Vec<PgTimestamp>) = plan.close.values().copied().unzip();
    let (reend, ends): (Vec<i64>, Vec<PgTimestamp>) = plan.set_end.values().copied().unzip();
    let segments: Vec<i32> = plan.open.iter().map(|opening| opening.segment_id).collect();
    let starts: Vec<PgTimestamp> = plan.open.iter().map(|opening| opening.start).collect();
    let open_ends: Vec<PgTimestamp> = plan.open.iter().map(|opening| opening.end).collect();
    let touched = plan.segments();
    try_join!(
        transaction.execute(&INSERT_SEGMENTS, [&operation_id, &now, &touched]),
        transaction.execute(&CLOSE, [&operation_id, &close, &close_ends]),
        transaction.execute(&SET_ENDS, [&reend, &ends]),
        transaction.execute(&INSERT, [&user_id, &operation_id, &segments, &starts, &open_ends]),
    )?;
    Ok(operation_id)
}

/// Records the segments that an operation on one user touches, in which its memberships began or ended.
pub(super) async fn touch(
    transaction: &Transaction,
    operation_id: i64,
    now: PgTimestamp,
    segments: &[i32],
) -> Result<(), Failure> {
    if segments.is_empty() {
        return Ok(());
    }
    transaction.execute(&INSERT_SEGMENTS, [&operation_id, &now, &segments]).await.map(drop)
}

/// Closes memberships whose time is over, with one operation for each segment.
pub(super) async fn expire(
    transaction: &Transaction,
    user_id: i32,
    plan: &Plan,
    now: PgTimestamp,
) -> Result<(), Failure> {
    for (segment_id, (id, end)) in &plan.expire {
        let operation = Operation {
            kind: "expire",
            at: now,
            cause: &Cause::task("change"),
            segment_id: Some(*segment_id),
            user_id: Some(user_id),
            detail: json!({ "count": 1 }),
        };
        let operation_id = operation.insert(transaction).await?;
        transaction.execute(&CLOSE, [&operation_id, &vec![*id], &vec![*end]]).await?;
    }
    Ok(())
}

/// The detail of an operation: segments that the user joins and leaves.
fn detail(plan: &Plan) -> serde_json::Value {
    let until = |end: PgTimestamp| end.civil().map(|civil| civil.to_string());
    let added: Vec<_> = plan
        .open
        .iter()
        .map(|opening| json!({ "segment_id": opening.segment_id, "until": until(opening.end) }))
        .collect();
    let moved: Vec<_> = plan
        .set_end
        .iter()
        .map(|(segment_id, (_, end))| json!({ "segment_id": segment_id, "until": until(*end) }))
        .collect();
    let removed: Vec<i32> = plan.close.keys().copied().collect();
    json!({ "added": added, "until_changed": moved, "removed": removed })
}
