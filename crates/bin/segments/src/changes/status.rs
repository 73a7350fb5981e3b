//! Users are created, excluded, removed and return.

use std::collections::BTreeSet;

use consumer::Failure;
use database::{PgTimestamp, Row, Statement, Transaction, get, statement};
use futures_util::try_join;
use serde_json::json;
use uuid::Uuid;

use super::{
    Cause, Changes, clock,
    live::{self, Live},
    locks,
    operation::Operation,
    plan::{Open, Plan, Status, Who},
    user,
};

const INSERT: Statement = statement!("segments/users/insert_user");
const INSERT_GUID: Statement = statement!("segments/users/insert_user_guid");
const SELECT: Statement = statement!("segments/users/select_user");
const SELECT_BY_GUID: Statement = statement!("segments/users/select_user_by_guid");
const SEGMENTS: Statement = statement!("segments/memberships/select_user_segments");
const OPEN: Statement = statement!("segments/memberships/select_user_open");
const CLOSE: Statement = statement!("segments/memberships/close_memberships");
const SET: Statement = statement!("segments/users/set_user_status");
const NEXT: Statement = statement!("segments/users/next_request");

/// A user of API v1.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: String,
    /// The last name.
    pub lastname: String,
    /// 0 or 1.
    pub sex: i32,
    /// Years.
    pub age: i32,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Excluded => "excluded",
            Self::Removed => "removed",
        }
    }
}

impl Changes {
    /// Creates a user and returns the id.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn create_user(&self, user: &NewUser, cause: &Cause) -> Result<i32, Failure> {
        let transaction = self.database.begin_change().await?;
        let live = live::lock(&transaction).await?;
        let NewUser { name, lastname, sex, age } = user;
        let rows = transaction.query(&INSERT, [&name, &lastname, sex, age]).await?;
        let Some(id) = created(&transaction, &rows, &live, cause).await? else { return Ok(0) };
        transaction.commit().await?;
        Ok(id)
    }

    /// Creates a user with this id for others. One who was removed returns; any other stays as it is.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn create_guid(&self, guid: Uuid, cause: &Cause) -> Result<(), Failure> {
        let transaction = self.database.begin_change().await?;
        let is_new = create_guid(&transaction, guid, None, cause).await?;
        let rows = transaction.query(&SELECT_BY_GUID, [&guid]).await?;
        transaction.commit().await?;
        let status = rows.first().map(user::user).transpose()?.map(|user| user.status);
        if !is_new && status == Some(Status::Removed) {
            self.set_status(guid, Status::Active, self.next_request().await?, false, cause).await?;
        }
        Ok(())
    }

    /// A number for a request about a user's state, or for a local change. The later request wins.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn next_request(&self) -> Result<i64, Failure> {
        let transaction = self.database.begin_change().await?;
        let rows = transaction.query(&NEXT, []).await?;
        transaction.commit().await?;
        rows.first().map_or(Ok(0), |row| get(row, 0))
    }

    /// Sets the status of a user, unless the answer to a later request has been stored. Creates the user if `create`.
    /// Memberships that the status does not allow are closed in the same transaction. Returns whether there is such a
    /// user.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn set_status(
        &self,
        guid: Uuid,
        status: Status,
        asked: i64,
        create: bool,
        cause: &Cause,
    ) -> Result<bool, Failure> {
        let mut segments = BTreeSet::new();
        loop {
            let transaction = self.database.begin_change().await?;
            if create {
                create_guid(&transaction, guid, None, cause).await?;
            }
            let more = set_status(&transaction, guid, status, asked, &segments, cause).await?;
            match more {
                Attempt::Unknown => return transaction.rollback().await.map(|()| false),
                Attempt::Done => return transaction.commit().await.map(|()| true),
                // The locks must be taken in order, so all are given up.
                Attempt::Restart(found) => {
                    transaction.rollback().await?;
                    segments.extend(found);
                }
            }
        }
    }
}

enum Attempt {
    Unknown,
    Done,
    /// The user is in segments that are not locked.
    Restart(Vec<i32>),
}

/// Creates a user with this id for others and perhaps one of a source, unless there is one. Returns whether the user is
/// new.
pub(super) async fn create_guid(
    transaction: &Transaction,
    guid: Uuid,
    source_id: Option<&str>,
    cause: &Cause,
) -> Result<bool, Failure> {
    let exists = !transaction.query(&SELECT_BY_GUID, [&guid]).await?.is_empty();
    if exists {
        return Ok(false);
    }
    let live = live::lock(transaction).await?;
    let rows = transaction.query(&INSERT_GUID, [&guid, &source_id]).await?;
    Ok(created(transaction, &rows, &live, cause).await?.is_some())
}

/// Records the user that was created, who joins live percentages in the same transaction. All users are created here.
async fn created(
    transaction: &Transaction,
    rows: &[Row],
    live: &[Live],
    cause: &Cause,
) -> Result<Option<i32>, Failure> {
    let Some(row) = rows.first() else { return Ok(None) };
    let (id, guid) = (get(row, 0)?, get(row, 1)?);
    let joined = live::of_user(live, guid);
    let detail = if joined.is_empty() { json!({}) } else { json!({ "added": live::detail(&joined) }) };
    let now = clock(transaction).await?;
    let operation_id = record(transaction, "create_user", id, now, cause, detail).await?;
    live::join(transaction, id, &joined, now, operation_id).await?;
    user::touch(transaction, operation_id, now, &live::ids(&joined)).await?;
    Ok(Some(id))
}

/// The segments of a user are unknown before the user is locked, and must not be locked after it. So `segments` are
/// locked, then the user; if the user is in others by then, this starts again.
async fn set_status(
    transaction: &Transaction,
    guid: Uuid,
    status: Status,
    asked: i64,
    segments: &BTreeSet<i32>,
    cause: &Cause,
) -> Result<Attempt, Failure> {
    let is_active = status == Status::Active;
    let live = if is_active { live::begin(transaction).await? } else { Vec::new() };
    let ids: BTreeSet<i32> = segments.iter().copied().chain(live.iter().map(|live| live.segment_id)).collect();
    let (ids, who): (Vec<i32>, _) = (ids.into_iter().collect(), Who::Guid(guid));
    let ((), user_id) = try_join!(locks::segment_ids(transaction, &ids), locks::user(transaction, &who))?;
    let Some(user_id) = user_id else { return Ok(Attempt::Unknown) };
    let (users, found, now) = try_join!(
        transaction.query(&SELECT, [&user_id]),
        transaction.query(&SEGMENTS, [&user_id]),
        clock(transaction)
    )?;
    let found: Vec<i32> = found.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    if found.iter().any(|id| !segments.contains(id)) {
        return Ok(Attempt::Restart(found));
    }
    let user = users.first().map(user::user).transpose()?;
    let before = user.as_ref().map(|user| user.status);
    let is_latest = transaction.execute(&SET, [&user_id, &status.name(), &asked]).await? > 0;
    if is_latest && before != Some(status) {
        let mut detail = json!({ "from": before.map(Status::name), "to": status.name() });
        // After the locks of their segments.
        let live = if live.is_empty() { live } else { live::select(transaction).await? };
        let joined = user.map_or(Vec::new(), |user| live::of_user(&live, user.guid));
        if !joined.is_empty() {
            detail["added"] = live::detail(&joined);
        }
        let operation_id = close(transaction, user_id, status, now, cause, detail).await?;
        live::join(transaction, user_id, &joined, now, operation_id).await?;
        user::touch(transaction, operation_id, now, &live::ids(&joined)).await?;
    }
    Ok(Attempt::Done)
}

/// Records the change of a status, and closes the memberships that it does not allow. Returns the operation.
async fn close(
    transaction: &Transaction,
    user_id: i32,
    status: Status,
    now: PgTimestamp,
    cause: &Cause,
    detail: serde_json::Value,
) -> Result<i64, Failure> {
    let rows = transaction.query(&OPEN, [&user_id]).await?;
    let mut plan = Plan::default();
    for row in &rows {
        let (segment_id, open) = (get(row, 0)?, user::open(row)?);
        let Some(Open { id, start, end, by_refresh }) = open else { continue };
        if end <= now {
            plan.expire.insert(segment_id, (id, end));
        } else if status == Status::Removed || (status == Status::Excluded && by_refresh) {
            plan.close.insert(segment_id, (id, now.max(start)));
        }
    }
    user::expire(transaction, user_id, &plan, now).await?;
    let operation_id = record(transaction, "user_status", user_id, now, cause, detail).await?;
    let (ids, ends): (Vec<i64>, Vec<PgTimestamp>) = plan.close.values().copied().unzip();
    transaction.execute(&CLOSE, [&operation_id, &ids, &ends]).await?;
    let closed: Vec<i32> = plan.close.keys().copied().collect();
    user::touch(transaction, operation_id, now, &closed).await?;
    Ok(operation_id)
}

async fn record(
    transaction: &Transaction,
    kind: &'static str,
    user_id: i32,
    at: PgTimestamp,
    cause: &Cause,
    detail: serde_json::Value,
) -> Result<i64, Failure> {
    Operation { kind, at, cause, segment_id: None, user_id: Some(user_id), detail }.insert(transaction).await
}
