//! Many users join and leave one segment in one operation: a batch, or an import. The users are staged in a temporary
//! table, the segment is locked, and the memberships are written in the order of users.

use consumer::Failure;
use database::{CopyIn, PgTimestamp, Statement, Transaction, get, statement};
use futures_util::try_join;
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Change, Error, clock, expire, locks, operation::Operation, plan::Who, user};

const CREATE: [Statement; 3] = [
    statement!("segments/items/create_given_items"),
    statement!("segments/items/create_found_items"),
    statement!("segments/items/create_planned_items"),
];
const COPY: Statement = statement!("segments/items/copy_given_items");
const INSERT: Statement = statement!("segments/items/insert_given_items");
const FIND: Statement = statement!("segments/items/find_items");
const LOCK: Statement = statement!("segments/items/lock_items");
const PLAN: Statement = statement!("segments/items/plan_items");
const BULK: Statement = statement!("segments/memberships/set_bulk_settings");
const COUNT: Statement = statement!("segments/items/count_items");
const SELECT_REJECTED: Statement = statement!("segments/items/select_rejected_items");
const OPEN: Statement = statement!("segments/items/open_items");
const SET_ENDS: Statement = statement!("segments/items/set_item_ends");
const CLOSE: Statement = statement!("segments/items/close_items");
const SELECT_SEGMENT: Statement = statement!("segments/segments/select_segment");
const SELECT_BY_ID: Statement = statement!("segments/segments/select_segments");

/// What happens to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// Joins until then, or stays until then.
    Join(PgTimestamp),
    /// Joins for a number of seconds from now on.
    JoinFor(i64),
    /// Leaves.
    Leave,
}

/// A user of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its place in the request.
    pub line: i32,
    /// The user.
    pub who: Who,
    /// What happens.
    pub kind: ItemKind,
}

/// The segment, and how the change is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    /// The name of the segment.
    pub segment: &'a str,
    /// The kind of the operation.
    pub kind: &'static str,
    /// How many rejected items are returned.
    pub shown: i64,
}

/// An item that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its place in the request.
    pub line: i32,
    /// Why: `user_not_found`, `user_removed`, `user_repeated`, `membership_managed`, `until_in_the_past`.
    pub reason: String,
}

/// The numbers of items by their effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The operation. `None`: nothing was changed.
    pub operation_id: Option<i64>,
    /// Users who joined.
    pub added: i64,
    /// Members who end at another time.
    pub until_changed: i64,
    /// Members who left.
    pub removed: i64,
    /// Users for whom nothing changed.
    pub unchanged: i64,
    /// Items that were left out.
    pub rejected: i64,
    /// The first of them.
    pub shown: Vec<Rejected>,
}

/// Why none of the items is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotApply {
    /// There is no such segment.
    UnknownSegment,
    /// It is deleted.
    DeletedSegment,
    /// Its members are the users with a tag.
    TagSegment,
    /// A user is to join and to leave.
    JoinsAndLeaves,
}

impl Change {
    /// Stages the items of a batch.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn stage(&self, items: &[Item]) -> Result<(), Failure> {
        self.create_tables().await?;
        let ids: Vec<_> = items.iter().map(|item| item.who.ids()).collect();
        let lines: Vec<i32> = items.iter().map(|item| item.line).collect();
        let user_ids: Vec<Option<i32>> = ids.iter().map(|(id, ..)| *id).collect();
        let guids: Vec<Option<Uuid>> = ids.iter().map(|(_, guid, _)| *guid).collect();
        let source_ids: Vec<Option<&str>> = ids.iter().map(|(.., source_id)| *source_id).collect();
        let adds: Vec<bool> = items.iter().map(|item| item.kind != ItemKind::Leave).collect();
        let ends: Vec<Option<PgTimestamp>> = items.iter().map(|item| item.kind.end()).collect();
        let ttls: Vec<Option<i64>> = items.iter().map(|item| item.kind.ttl()).collect();
        let parameters =
            [&lines as _, &guids as _, &user_ids as _, &source_ids as _, &adds as _, &ends as _, &ttls as _];
        self.transaction.execute(&INSERT, parameters).await.map(drop)
    }

    /// Begins to stage the lines of an import, see [`row`].
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn stage_lines(&self) -> Result<CopyIn, Failure> {
        self.create_tables().await?;
        self.transaction.query(&BULK, []).await?;
        self.transaction.copy_in(&COPY).await
    }

    async fn create_tables(&self) -> Result<(), Failure> {
        for create in &CREATE {
            self.transaction.execute(create, []).await?;
        }
        Ok(())
    }

    /// Locks the segment and applies what is staged, as one operation.
    ///
    /// # Errors
    /// The segment takes no members by request, a user is to join and to leave, or the database does not answer.
    pub async fn apply(&self, items: Items<'_>, cause: &Cause) -> Result<Applied, Error<CannotApply>> {
        let transaction = &self.transaction;
        transaction.execute(&FIND, []).await?;
        let (segment_id, is_refreshed, now) = lock(transaction, items.segment).await?;
        expire::expire(transaction, segment_id, now).await?;
        transaction.query(&LOCK, []).await?;
        transaction.execute(&PLAN, [&segment_id, &now, &is_refreshed]).await?;
        let mut applied = count(transaction, items.shown).await?;
        if applied.added + applied.until_changed + applied.removed > 0 {
            let Applied { added, until_changed, removed, .. } = applied;
            let detail = json!({ "added": added, "until_changed": until_changed, "removed": removed });
            let kind = items.kind;
            let operation = Operation { kind, at: now, cause, segment_id: Some(segment_id), user_id: None, detail };
            let operation_id = operation.insert(transaction).await?;
            // Statements that would change nothing are left out: each reads all items.
            if removed > 0 {
                transaction.execute(&CLOSE, [&operation_id]).await?;
            }
            if until_changed > 0 {
                transaction.execute(&SET_ENDS, []).await?;
            }
            if added > 0 {
                transaction.execute(&OPEN, [&segment_id, &operation_id]).await?;
            }
            applied.operation_id = Some(operation_id);
        }
        Ok(applied)
    }
}

impl ItemKind {
    const fn end(self) -> Option<PgTimestamp> {
        match self {
            Self::Join(end) => Some(end),
            Self::JoinFor(_) | Self::Leave => None,
        }
    }

    const fn ttl(self) -> Option<i64> {
        match self {
            Self::JoinFor(seconds) => Some(seconds),
            Self::Join(_) | Self::Leave => None,
        }
    }
}

/// A line of an import as a row of `COPY`: a user who joins, perhaps until an end.
pub fn row(out: &mut String, line: i32, who: &Who, end: Option<PgTimestamp>) {
    let (id, guid, source_id) = who.ids();
    let null = || "\\N".to_owned();
    let guid = guid.map_or_else(null, |guid| guid.to_string());
    let id = id.map_or_else(null, |id| id.to_string());
    let source_id = source_id.map_or_else(null, escape);
    let end = end.and_then(PgTimestamp::civil).map_or_else(null, |end| end.to_string());
    out.push_str(&format!("{line}\t{guid}\t{id}\t{source_id}\t{end}\n"));
}

/// A text in the format of `COPY`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Locks the segment, if its members can be changed by request; then reads the clock. Returns its id and whether it is
/// refreshed.
async fn lock(transaction: &Transaction, name: &str) -> Result<(i32, bool, PgTimestamp), Error<CannotApply>> {
    let unknown = || Error::Rejected(CannotApply::UnknownSegment);
    if name.contains('\0') {
        return Err(unknown());
    }
    let rows = transaction.query(&SELECT_SEGMENT, [&name]).await?;
    let id = get(rows.first().ok_or_else(unknown)?, 0)?;
    let ids = vec![id];
    let ((), rows, now) =
        try_join!(locks::segment(transaction, id), transaction.query(&SELECT_BY_ID, [&ids]), clock(transaction))?;
    let segment = user::segment(rows.first().ok_or_else(unknown)?)?;
    if !segment.is_alive {
        return Err(Error::Rejected(CannotApply::DeletedSegment));
    }
    if segment.is_tag {
        return Err(Error::Rejected(CannotApply::TagSegment));
    }
    Ok((id, segment.refresh_auto, now))
}

/// The effects of the planned items.
async fn count(transaction: &Transaction, shown: i64) -> Result<Applied, Error<CannotApply>> {
    let (rows, rejected) = try_join!(transaction.query(&COUNT, []), transaction.query(&SELECT_REJECTED, [&shown]))?;
    let Some(row) = rows.first() else { return Ok(Applied::default()) };
    if get(row, 5)? {
        return Err(Error::Rejected(CannotApply::JoinsAndLeaves));
    }
    let shown = rejected.iter().map(|row| Ok(Rejected { line: get(row, 0)?, reason: get(row, 1)? }));
    Ok(Applied {
        operation_id: None,
        added: get(row, 0)?,
        until_changed: get(row, 1)?,
        removed: get(row, 2)?,
        unchanged: get(row, 3)?,
        rejected: get(row, 4)?,
        shown: shown.collect::<Result<_, Failure>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_in_the_format_of_copy() {
        let mut out = String::new();
        let end = PgTimestamp::new("2026-11-24T12:00:00.5".parse::<jiff::civil::DateTime>().unwrap());
        row(&mut out, 1, &Who::Guid(Uuid::nil()), None);
        row(&mut out, 2, &Who::Id(7), Some(end));
        row(&mut out, 3, &Who::Source("a\\\tb\r\n".to_owned()), Some(PgTimestamp::INFINITY));
        let expected = "1\t00000000-0000-0000-0000-000000000000\t\\N\t\\N\t\\N\n\
                        2\t\\N\t7\t\\N\t2026-11-24T12:00:00.5\n\
                        3\t\\N\t\\N\ta\\\\\\tb\\r\\n\t\\N\n";
        assert_eq!(out, expected);
    }
}
