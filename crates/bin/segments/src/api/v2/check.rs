//! `POST /check`: whether users are in segments, up to 1000 pairs.

use axum::{Json, extract::State};
use database::{PgTimestamp, Statement, get, statement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Result,
    command::Body,
    instant,
    problem::{Problem, ProblemBody},
    who,
};
use crate::api::Api;

const CHECK: Statement = statement!("segments/reads/check_memberships");

/// The most pairs.
const MAX_PAIRS: usize = 1000;

/// Pairs to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pairs {
    #[schema(max_items = 1000)]
    pairs: Vec<Pair>,
}

/// A user and a segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// GUID, number, or `source:` and the id in the source.
    user: String,
    /// The name of the segment.
    segment: String,
}

/// The results, in the order of the pairs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checked {
    results: Vec<CheckedPair>,
}

/// Whether a user is in a segment now. Of an unknown user and of a deleted segment: no.
#[derive(Debug, Serialize, ToSchema)]
struct CheckedPair {
    user: String,
    segment: String,
    /// Whether there is, or was, a segment of this name.
    segment_exists: bool,
    member: bool,
    since: Option<String>,
    /// null: no end, or no member.
    until: Option<String>,
}

/// Whether users are in segments, at most 1000 pairs
#[utoipa::path(
    post,
    path = "/api/v2/check",
    tag = "users",
    request_body = Pairs,
    responses((status = 200, body = Checked), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn check(State(api): State<Api>, Body(Pairs { pairs }): Body<Pairs>) -> Result<Json<Checked>> {
    if pairs.len() > MAX_PAIRS {
        return Err(Problem::invalid(
            "too_many_pairs",
            format!("at most {MAX_PAIRS} pairs can be checked in one call"),
        ));
    }
    let users = pairs.iter().map(|pair| who::path(&pair.user)).collect::<Result<Vec<_>>>()?;
    let ids: Vec<Option<i32>> = users.iter().map(|who| who.ids().0).collect();
    let guids: Vec<Option<Uuid>> = users.iter().map(|who| who.ids().1).collect();
    let source_ids: Vec<Option<&str>> = users.iter().map(|who| who.ids().2).collect();
    let names: Vec<&str> = pairs.iter().map(|pair| pair.segment.as_str()).collect();
    let rows = api.database.read(&CHECK, &[&ids, &guids, &source_ids, &names]).await?;
    let results = pairs.into_iter().zip(&rows).map(|(Pair { user, segment }, row)| {
        let (since, until): (Option<PgTimestamp>, Option<PgTimestamp>) = (get(row, 1)?, get(row, 2)?);
        let (member, since, until) = (since.is_some(), since.and_then(instant::text), until.and_then(instant::text));
        Ok(CheckedPair { user, segment, segment_exists: get(row, 0)?, member, since, until })
    });
    Ok(Json(Checked { results: results.collect::<Result<_>>()? }))
}
