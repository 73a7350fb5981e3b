//! `POST /segments/{name}/members/batch`: up to 10,000 users join and leave in one operation.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{cannot, explain, joins_and_leaves};
use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Command, answer},
            instant::Deadline,
            problem::{Problem, ProblemBody},
            who,
        },
    },
    changes::{Applied, Cause, Change, Error, Item, ItemKind, Items, Rejected},
};

/// The largest number of items of a batch.
const MAX_ITEMS: usize = 10_000;

/// Users who join and leave a segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct Batch {
    #[serde(default)]
    add: Vec<Joining>,
    /// Users: GUID, number, or `source:` and the id in the source.
    #[serde(default)]
    remove: Vec<String>,
}

/// A user who joins, or whose end is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Joining {
    /// GUID, number, or `source:` and the id in the source.
    user: String,
    /// The end (RFC 3339). Absent, without `ttl`: no end.
    until: Option<String>,
    /// The time to live in seconds, instead of `until`.
    ttl: Option<i64>,
}

/// What a batch has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct BatchResult {
    /// null: nothing was changed.
    operation_id: Option<i64>,
    added: i64,
    until_changed: i64,
    removed: i64,
    unchanged: i64,
    rejected: Vec<RejectedItem>,
}

/// An item that was left out. The others are applied.
#[derive(Debug, Serialize, ToSchema)]
struct RejectedItem {
    /// `add` or `remove`.
    list: &'static str,
    /// Its place in the list, from 0.
    index: usize,
    #[schema(example = "user_not_found")]
    code: String,
    detail: String,
}

/// Users join and leave a segment, at most 10,000
///
/// Rejected items are returned by index, the others are applied as one operation. Adding a member again sets the end.
#[utoipa::path(
    post,
    path = "/api/v2/segments/{name}/members/batch",
    tag = "members",
    params(
        ("name" = String, Path, description = "The name of the segment"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    request_body = Batch,
    responses((status = 200, body = BatchResult), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn batch(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    Command { body, once }: Command<Batch>,
) -> Result<Response> {
    let added = body.add.len();
    let (items, rejected) = items(&body)?;
    let segment = Items { segment: &name, kind: "batch", shown: i64::try_from(MAX_ITEMS).unwrap_or(i64::MAX) };
    let effect = async |change: &Change| {
        change.stage(&items).await?;
        let applied = change.apply(segment, &cause).await.map_err(|error| match error {
            Error::Rejected(reason) => cannot(reason, &name),
            Error::Failure(failure) => failure.into(),
        })?;
        Ok(answer(StatusCode::OK, Some(&result(applied, rejected, added))))
    };
    once.run(&api, effect).await
}

/// The items of a batch, numbered through both lists, and those that cannot be read.
fn items(batch: &Batch) -> Result<(Vec<Item>, Vec<Rejected>)> {
    if batch.add.len() + batch.remove.len() > MAX_ITEMS {
        let detail = format!("a batch has at most {MAX_ITEMS} items; send several, or use /members/import");
        return Err(Problem::invalid("batch_too_large", detail));
    }
    let joining = batch.add.iter().map(|joining| {
        let who = who::parse(&joining.user).ok_or("invalid_user")?;
        let kind = match Deadline::parse(joining.until.as_deref(), joining.ttl).ok_or("invalid_until")? {
            Deadline::At(end) => ItemKind::Join(end),
            Deadline::In(seconds) => ItemKind::JoinFor(seconds),
        };
        Ok((who, kind))
    });
    let leaving = batch.remove.iter().map(|user| Ok((who::parse(user).ok_or("invalid_user")?, ItemKind::Leave)));
    let (mut items, mut rejected) = (Vec::new(), Vec::new());
    for (line, item) in (0..).zip(joining.chain(leaving)) {
        match item {
            Ok((who, kind)) => items.push(Item { line, who, kind }),
            Err::<_, &str>(reason) => rejected.push(Rejected { line, reason: reason.to_owned() }),
        }
    }
    let mut users: Vec<_> = items.iter().map(|item| (item.who.ids(), item.kind == ItemKind::Leave)).collect();
    users.sort_unstable();
    if users.windows(2).any(|pair| matches!(pair, [(one, joins), (two, leaves)] if one == two && joins != leaves)) {
        return Err(joins_and_leaves());
    }
    Ok((items, rejected))
}

fn result(applied: Applied, mut rejected: Vec<Rejected>, added: usize) -> BatchResult {
    rejected.extend(applied.shown);
    rejected.sort_by_key(|rejected| rejected.line);
    let item = |Rejected { line, reason }| {
        let line = usize::try_from(line).unwrap_or_default();
        let (list, index) = if line < added { ("add", line) } else { ("remove", line - added) };
        RejectedItem { list, index, detail: explain(&reason).into_owned(), code: reason }
    };
    BatchResult {
        operation_id: applied.operation_id,
        added: applied.added,
        until_changed: applied.until_changed,
        removed: applied.removed,
        unchanged: applied.unchanged,
        rejected: rejected.into_iter().map(item).collect(),
    }
}
