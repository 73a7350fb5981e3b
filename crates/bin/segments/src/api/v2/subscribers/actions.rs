//! `/subscriptions/{id}/sync` and `/ping`: what a person asks a subscription to do.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use database::{Statement, get, statement};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    no_subscription, number,
    subscriptions::{SELECT, subscription},
};
use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Body, Command, Nothing, answer},
            problem::{Problem, ProblemBody},
        },
    },
    changes::Change,
    subscribers::Ping,
};

const REQUEST: Statement = statement!("segments/syncs/request_sync");

/// A run that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct RequestedSync {
    /// Its number in `/log`.
    run_id: i64,
}

/// The answer of a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct PingAnswer {
    /// Whether it answers with 2xx.
    acknowledged: bool,
    /// The HTTP status; null: there is no answer.
    status: Option<u16>,
    /// Why there is no answer.
    error: Option<String>,
}

/// Compares all members with what the target has, and sends the difference
///
/// A replica begins within a second. If a comparison is asked for already, its number is returned.
#[utoipa::path(
    post,
    path = "/api/v2/subscriptions/{id}/sync",
    tag = "subscribers",
    params(
        ("id" = i32, Path, description = "The number of the subscription"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    responses((status = 202, body = RequestedSync), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn sync(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    Command { once, .. }: Command<Nothing>,
) -> Result<Response> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let effect = async |change: &Change| {
        let rows = change.read(&SELECT, &[&number]).await?;
        let row = rows.first().ok_or_else(|| no_subscription(&id))?;
        subscription(row)?.can_be_synced()?;
        let rows = change.read(&REQUEST, &[&number]).await?;
        let row = rows.first().ok_or_else(|| no_subscription(&id))?;
        Ok(answer(StatusCode::ACCEPTED, Some(&RequestedSync { run_id: get(row, 0)? })))
    };
    once.run(&api, effect).await
}

/// Sends a webhook one signed message without changes
#[utoipa::path(
    post,
    path = "/api/v2/subscriptions/{id}/ping",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    responses((status = 200, body = PingAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn ping(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    Body(_): Body<Nothing>,
) -> Result<Json<PingAnswer>> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let (status, error) = match api.subscribers.ping(number).await? {
        Ping::Unknown => return Err(no_subscription(&id)),
        Ping::NotAWebhook => {
            let detail = "only the subscription of a webhook that has not ended can be pinged";
            return Err(Problem::conflict("not_a_webhook", detail));
        }
        Ping::Answered(status) => (Some(status), None),
        Ping::Failed(error) => (None, Some(error)),
    };
    let acknowledged = status.is_some_and(|status| (200..300).contains(&status));
    Ok(Json(PingAnswer { acknowledged, status, error }))
}
