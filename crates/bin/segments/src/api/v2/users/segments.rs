//! `/users/{user}/segments`: the segments of a user, and changes of them in one call.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use database::{PgTimestamp, Row, Statement, get, statement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{
    Result,
    command::{Command, answer},
    instant::{self, Deadline},
    page::{List, PageParameters},
    problem::{Problem, ProblemBody},
    query::Parameters,
    who,
};
use crate::{
    api::{Api, PathPart},
    changes::{Cause, Change, Pair, Plan, State as Locked, Status, Wish},
};

const LIST: Statement = statement!("segments/reads/list_user_segments");

/// The most segments in one call.
const MAX_SEGMENTS: usize = 1000;

/// A segment of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct UserSegment {
    segment: String,
    since: Option<String>,
    /// null: no end.
    until: Option<String>,
    /// Whether a refresh added the user.
    by_refresh: bool,
}

/// Segments of a user, by number of the segment
#[utoipa::path(
    get,
    path = "/api/v2/users/{user}/segments",
    tag = "users",
    params(
        ("user" = String, Path, description = "GUID, number, or `source:` and the id in the source"),
        PageParameters,
    ),
    responses((status = 200, body = List<UserSegment>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    Parameters(parameters): Parameters<PageParameters>,
) -> Result<Json<List<UserSegment>>> {
    let who = who::path(&text)?;
    let page = parameters.page(format!("user_segments/{who:?}"))?;
    let (id, guid, source_id) = who.ids();
    let parameters: [&dyn database::Parameter; 6] =
        [&id, &guid, &source_id, &page.at(), &page.after_id(), &page.rows()];
    let rows = api.database.read(&LIST, &parameters).await?;
    if rows.first().map_or(Ok(None), |row| get::<Option<i32>>(row, 1))?.is_none() {
        return Err(Problem::no_user());
    }
    page.list(&rows, |row: &Row| {
        let Some(id) = get::<Option<i32>>(row, 2)? else { return Ok(None) };
        let (since, until) = (instant::text(get(row, 4)?), instant::text(get(row, 5)?));
        let segment = UserSegment { segment: get(row, 3)?, since, until, by_refresh: get(row, 6)? };
        Ok(Some((vec![i64::from(id)], segment)))
    })
    .map(Json)
}

/// Segments that a user joins and leaves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct UserChange {
    #[serde(default)]
    add: Vec<Joined>,
    /// Names of segments.
    #[serde(default)]
    remove: Vec<String>,
}

/// A segment that the user joins, or whose end is set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Joined {
    /// The name of the segment.
    segment: String,
    /// The end (RFC 3339). Absent, without `ttl`: no end.
    until: Option<String>,
    /// The time to live in seconds, instead of `until`.
    ttl: Option<i64>,
}

/// What has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct UserChangeResult {
    /// null: nothing was changed.
    operation_id: Option<i64>,
    /// Names of segments.
    added: Vec<String>,
    until_changed: Vec<String>,
    removed: Vec<String>,
}

/// A user joins and leaves segments in one operation
///
/// Either all of it is done or nothing. Adding a member again sets the end; removing a user who is no member does nothing.
#[utoipa::path(
    post,
    path = "/api/v2/users/{user}/segments",
    tag = "users",
    params(
        ("user" = String, Path, description = "GUID, number, or `source:` and the id in the source"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    request_body = UserChange,
    responses((status = 200, body = UserChangeResult), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn change(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    cause: Cause,
    Command { body, once }: Command<UserChange>,
) -> Result<Response> {
    let who = who::path(&text)?;
    let wanted = wanted(&body)?;
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let effect = async |change: &Change| {
        let mut state = None;
        let decide = |locked: &Locked| {
            state = Some(locked.clone());
            wishes(locked, &wanted)
        };
        let changed = change.user(&who, &names, &cause, decide).await?;
        Ok(answer(StatusCode::OK, Some(&result(state, changed))))
    };
    once.run(&api, effect).await
}

/// The segments by name, with the end that is wanted; `None`: the user leaves.
fn wanted(change: &UserChange) -> Result<Vec<(&str, Option<Deadline>)>> {
    let joined = change.add.iter().map(|Joined { segment, until, ttl }| {
        let end = Deadline::parse(until.as_deref(), *ttl).ok_or_else(|| {
            let detail = "until has to be a time as in RFC 3339, ttl 1 to 3155760000 seconds, and not both be given";
            Problem::invalid("invalid_until", detail)
        })?;
        Ok((segment.as_str(), Some(end)))
    });
    let left = change.remove.iter().map(|segment| Ok((segment.as_str(), None)));
    let wanted: Vec<_> = joined.chain(left).collect::<Result<_>>()?;
    if wanted.len() > MAX_SEGMENTS {
        let detail = format!("at most {MAX_SEGMENTS} segments can be changed in one call");
        return Err(Problem::invalid("too_many_segments", detail));
    }
    let mut names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, two] if one == two)) {
        return Err(Problem::invalid("segment_repeated", "a segment is named twice; name each one once, in one list"));
    }
    Ok(wanted)
}

/// Decides on the locked state.
fn wishes(state: &Locked, wanted: &[(&str, Option<Deadline>)]) -> Result<Vec<Wish>> {
    let user = state.user.as_ref().ok_or_else(Problem::no_user)?;
    if user.status == Status::Removed {
        return Err(Problem::conflict("user_removed", "the user is removed, and is in no segment"));
    }
    wanted
        .iter()
        .map(|(name, end)| {
            let pair = state.pair(name).ok_or_else(|| Problem::no_segment(name))?;
            allowed(pair, state.now)?;
            let segment_id = pair.segment.id;
            let Some(end) = end.map(|end| end.at(state.now)) else { return Ok(Wish::Leave { segment_id }) };
            if end <= state.now {
                let detail = format!("until of `{name}` is not in the future");
                return Err(Problem::invalid("until_in_the_past", detail));
            }
            Ok(Wish::Join { segment_id, end })
        })
        .collect()
}

fn allowed(pair: &Pair, now: PgTimestamp) -> Result<()> {
    let name = &pair.segment.name;
    if !pair.segment.is_alive {
        return Err(Problem::deleted_segment(name));
    }
    if pair.segment.is_tag {
        return Err(Problem::tag_segment(name));
    }
    if pair.is_managed(now) {
        let detail = format!("the membership in `{name}` is kept by the refresh of the segment");
        return Err(Problem::conflict("membership_managed", detail));
    }
    Ok(())
}

fn result(state: Option<Locked>, changed: Option<(i64, Plan)>) -> UserChangeResult {
    let pairs = state.map_or_else(Vec::new, |state| state.pairs);
    let name = |id: i32| pairs.iter().find(|pair| pair.segment.id == id).map(|pair| pair.segment.name.clone());
    let (operation_id, plan) = changed.map_or_else(Default::default, |(id, plan)| (Some(id), plan));
    UserChangeResult {
        operation_id,
        added: plan.open.iter().filter_map(|opening| name(opening.segment_id)).collect(),
        until_changed: plan.set_end.keys().filter_map(|id| name(*id)).collect(),
        removed: plan.close.keys().filter_map(|id| name(*id)).collect(),
    }
}
