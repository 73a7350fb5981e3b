//! `change-for-user` and `get-for-user`.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use database::{PgTimestamp, Statement, get, statement};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Result,
    body::{Body, guid, slug, user},
    error::Error,
};
use crate::{
    api::Api,
    changes::{Cause, Pair, State as Locked, Status, Who, Wish},
    go::bind::{Object, TypeErrors},
};

const NAMES: Statement = statement!("segments/history/select_user_names");

/// Until when a user is added.
#[derive(Debug, Clone, Copy)]
enum Until {
    Seconds(i64),
    Instant(PgTimestamp),
}

/// A change of the segments of a user.
struct Change {
    user: Uuid,
    add: BTreeMap<String, Until>,
    remove: BTreeSet<String>,
}

/// The longest stay in seconds, some three thousand years.
const MAX_SECONDS: i64 = 100_000_000_000;

/// `POST /segments/change-for-user`
pub(super) async fn change(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let change = body.read(read)?;
    let names: Vec<&str> = change.add.keys().chain(&change.remove).map(String::as_str).collect();
    let decide = |state: &Locked| decide(&change, &names, state);
    api.changes.change_user(Who::Guid(change.user), &names, &cause, decide).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(object: &Object<'_>, errors: &mut TypeErrors) -> Result<Change> {
    let user = user(object, errors)?;
    let (mut add, mut remove) = (BTreeMap::new(), BTreeSet::new());
    for item in object.list("segmentsToAdd", errors) {
        let name = slug(&item, "segmentsToAdd.segmentSlug", errors)?;
        let until = until(&item, errors)?;
        if add.insert(name.clone(), until).is_some() {
            return Err(Error::validation(format!("the slug {name} occurs twice in segmentsToAdd")));
        }
    }
    for item in object.list("segmentsToRemove", errors) {
        remove.insert(slug(&item, "segmentsToRemove.segmentSlug", errors)?);
    }
    match add.keys().find(|name| remove.contains(*name)) {
        Some(name) => Err(Error::validation(format!("the slug {name} is in segmentsToAdd and in segmentsToRemove"))),
        None => Ok(Change { user, add, remove }),
    }
}

fn until(item: &Object<'_>, errors: &mut TypeErrors) -> Result<Until> {
    const SECONDS: &str = "segmentsToAdd.secondsToBeInSegment";
    const DEADLINE: &str = "segmentsToAdd.deadlineForStayingInSegment";
    let has_seconds = item.raw(SECONDS).is_some();
    let (seconds, deadline) = (item.integer(SECONDS, 0, errors), item.text(DEADLINE, errors).value);
    if has_seconds && !deadline.is_empty() {
        return Err(Error::validation("a slug has both secondsToBeInSegment and deadlineForStayingInSegment"));
    }
    if !(0..=MAX_SECONDS).contains(&seconds) {
        return Err(Error::validation("secondsToBeInSegment has to be from 0 to 100000000000"));
    }
    if deadline.is_empty() {
        return Ok(Until::Seconds(seconds));
    }
    let instant = deadline
        .parse::<Timestamp>()
        .map_err(|_| Error::validation("deadlineForStayingInSegment is no time; write it like 2026-11-30T12:00:00Z"))?;
    Ok(Until::Instant(PgTimestamp::new(TimeZone::UTC.to_datetime(instant))))
}

fn decide(change: &Change, names: &[&str], state: &Locked) -> Result<Vec<Wish>> {
    let mut missing = Vec::new();
    if state.user.as_ref().is_none_or(|user| user.status == Status::Removed) {
        missing.push("user does not exist".to_owned());
    }
    let is_alive = |name: &&&str| state.pair(name).is_some_and(|pair| pair.segment.is_alive);
    let unknown: Vec<&str> = names.iter().filter(|name| !is_alive(name)).copied().collect();
    if !unknown.is_empty() {
        missing.push(format!("segment does not exist; missed segments: {}", unknown.join(", ")));
    }
    if !missing.is_empty() {
        return Err(Error::validation(missing.join("\n")));
    }
    let is_kept = |pair: &&Pair| {
        pair.is_managed(state.now) || (pair.segment.is_tag && change.add.contains_key(&pair.segment.name))
    };
    let kept: Vec<&str> = state.pairs.iter().filter(is_kept).map(|pair| pair.segment.name.as_str()).collect();
    if !kept.is_empty() {
        return Err(Error::validation(format!("segments are kept by their refresh: {}", kept.join(", "))));
    }
    let wish = |pair: &Pair| match change.add.get(&pair.segment.name) {
        Some(until) => Wish::Join { segment_id: pair.segment.id, end: end(*until, state.now) },
        None => Wish::Leave { segment_id: pair.segment.id },
    };
    Ok(state.pairs.iter().map(wish).collect())
}

fn end(until: Until, now: PgTimestamp) -> PgTimestamp {
    match until {
        Until::Seconds(0) => PgTimestamp::INFINITY,
        Until::Seconds(seconds) => PgTimestamp::from_micros(now.micros() + seconds * 1_000_000),
        Until::Instant(instant) => instant,
    }
}

#[derive(Serialize)]
pub(super) struct Names {
    segments: Vec<String>,
}

/// `GET /segments/get-for-user`
pub(super) async fn list(
    State(api): State<Api>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Result<Json<Names>> {
    let user = guid(parameters.get("userID").map_or("", String::as_str))?;
    let rows = api.database.read(&NAMES, &[&user]).await?;
    let segments = rows.iter().map(|row| get(row, 0)).collect::<std::result::Result<_, _>>()?;
    Ok(Json(Names { segments }))
}
