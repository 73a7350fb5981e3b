//! `/users/{user}/segments/{name}`: whether a user is in a segment, and why.

use axum::{Json, extract::State};
use database::{PgTimestamp, Row, Statement, get as value, statement};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result, instant,
            problem::{Problem, ProblemBody},
            who,
        },
    },
    metrics::request_failed,
    tags::Reason as TagReason,
};

const SELECT: Statement = statement!("segments/reads/select_membership");
const REASON: Statement = statement!("segments/reads/select_reason");

/// Whether a user is in a segment now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct MemberStatus {
    member: bool,
    /// null: no member.
    since: Option<String>,
    /// null: no end, or no member.
    until: Option<String>,
}

/// Why a user is in a segment now, or no longer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Reason {
    member: bool,
    /// Of the membership, or of the last one.
    since: Option<String>,
    until: Option<String>,
    /// Whether a refresh added the user.
    by_refresh: bool,
    /// The user's bucket in this segment, 0 to 9999: a percentage takes the buckets below a hundred times it.
    bucket: Option<i32>,
    /// The operation that added the user, or that ended the last membership. null: there was none, or its time is over and
    /// this is not recorded yet.
    operation: Option<Behind>,
    /// Of the segment of a tag: the rule that assigned the tag last, or revoked it.
    tag_rule: Option<TagRule>,
}

/// The last change of a user's tag.
#[derive(Debug, Serialize, ToSchema)]
struct TagRule {
    rule_id: i64,
    /// `assigned` or `revoked`.
    action: String,
    /// `category` or `product`.
    subject: String,
    subject_name: String,
    /// The number of orders with it.
    order_cnt: i32,
    /// The number from which the rule assigns the tag.
    threshold: i32,
    at: Option<String>,
}

/// An operation, as a reason.
#[derive(Debug, Serialize, ToSchema)]
struct Behind {
    operation_id: i64,
    /// `change_user`, `batch`, `import`, `fill`, `expire`…
    kind: String,
    at: Option<String>,
    /// The name of the key, of a task of the service, or `anonymous`.
    actor: String,
    request_id: Option<String>,
    /// By kind: the tag rule and its count, the run of a refresh, the percentage.
    #[schema(value_type = Object)]
    detail: Option<Box<RawValue>>,
}

/// Whether a user is in a segment
///
/// Of an unknown user and of a deleted segment: no.
#[utoipa::path(
    get,
    path = "/api/v2/users/{user}/segments/{name}",
    tag = "users",
    params(
        ("user" = String, Path, description = "GUID, number, or `source:` and the id in the source"),
        ("name" = String, Path, description = "The name of the segment"),
    ),
    responses((status = 200, body = MemberStatus), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn get(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    PathPart(name): PathPart<5>,
) -> Result<Json<MemberStatus>> {
    let row = row(&api, &SELECT, &text, &name).await?;
    let since: Option<PgTimestamp> = value(&row, 2)?;
    let until: Option<PgTimestamp> = value(&row, 3)?;
    let (since, member) = (since.and_then(instant::text), since.is_some());
    Ok(Json(MemberStatus { member, since, until: until.and_then(instant::text) }))
}

/// Why a user is in a segment, or no longer
#[utoipa::path(
    get,
    path = "/api/v2/users/{user}/segments/{name}/why",
    tag = "users",
    params(
        ("user" = String, Path, description = "GUID, number, or `source:` and the id in the source"),
        ("name" = String, Path, description = "The name of the segment"),
    ),
    responses((status = 200, body = Reason), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn why(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    PathPart(name): PathPart<5>,
) -> Result<Json<Reason>> {
    let row = row(&api, &REASON, &text, &name).await?;
    let (now, since, until): (PgTimestamp, Option<PgTimestamp>, Option<PgTimestamp>) =
        (value(&row, 0)?, value(&row, 3)?, value(&row, 4)?);
    Ok(Json(Reason {
        member: until.is_some_and(|until| now < until),
        since: since.and_then(instant::text),
        until: until.and_then(instant::text),
        by_refresh: value::<Option<bool>>(&row, 5)?.unwrap_or(false),
        bucket: value(&row, 2)?,
        operation: behind(&row)?,
        tag_rule: tag_rule(&api, &row, now).await?,
    }))
}

/// The rule behind the membership in the segment of a tag. If the order warehouse does not answer, the rest is told.
async fn tag_rule(api: &Api, row: &Row, now: PgTimestamp) -> Result<Option<TagRule>> {
    let (user_id, tag): (Option<i32>, Option<&str>) = (value(row, 12)?, value(row, 13)?);
    let (Some(user_id), Some(tag)) = (user_id, tag) else { return Ok(None) };
    let found = TagReason::find(&api.database, user_id, tag, now).await;
    let found = found.unwrap_or_else(|failure| {
        request_failed(failure);
        None
    });
    Ok(found.map(|found| TagRule {
        rule_id: found.rule_id,
        action: found.action,
        subject: found.subject,
        subject_name: found.subject_name,
        order_cnt: found.order_cnt,
        threshold: found.threshold,
        at: instant::text(found.at),
    }))
}

fn behind(row: &Row) -> Result<Option<Behind>> {
    let Some(operation_id) = value(row, 6)? else { return Ok(None) };
    Ok(Some(Behind {
        operation_id,
        kind: value(row, 7)?,
        at: instant::text(value(row, 8)?),
        actor: value(row, 9)?,
        request_id: value(row, 10)?,
        detail: RawValue::from_string(value(row, 11)?).ok(),
    }))
}

/// The only row of a statement about a user and a segment.
async fn row(api: &Api, statement: &Statement, user: &str, name: &str) -> Result<Row> {
    let who = who::path(user)?;
    if name.contains('\0') {
        return Err(Problem::no_segment(name));
    }
    let (id, guid, source_id) = who.ids();
    let mut rows = api.database.read(statement, &[&id, &guid, &source_id, &name]).await?;
    let row = rows.pop().ok_or_else(|| Problem::no_segment(name))?;
    match value::<Option<i32>>(&row, 1)? {
        Some(_) => Ok(row),
        None => Err(Problem::no_segment(name)),
    }
}
