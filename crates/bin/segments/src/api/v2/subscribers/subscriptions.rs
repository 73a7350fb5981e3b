//! `/subscriptions`: which segment goes where; lists, changes and ends.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get as value, statement};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::{consumers::now, no_subscription, number, rejected};
use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Command, answer},
            instant,
            page::{List, Page},
            problem::{Problem, ProblemBody},
            query::Parameters,
        },
    },
    changes::{Cause, Change},
};

const LIST: Statement = statement!("segments/subscribers/list_subscriptions");
pub(super) const SELECT: Statement = statement!("segments/subscribers/select_subscription_details");
const UPDATE: Statement = statement!("segments/subscribers/update_subscription");
const DELETE: Statement = statement!("segments/subscribers/delete_subscription");

/// A segment that goes to a target, with the state of its sync.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Subscription {
    id: i32,
    consumer_id: i32,
    /// The name of the consumer.
    consumer: String,
    /// The name of the segment.
    segment: String,
    /// `webhook`, `kafka` or `csv`.
    target: String,
    /// The name of the audience, with `{{name}}` and `{{id}}` of the segment.
    name: String,
    /// The rendered name.
    audience: String,
    #[schema(value_type = Object)]
    params: Option<Box<RawValue>>,
    /// Five fields, UTC; null: changes are sent at once.
    cron: Option<String>,
    /// `mirror` or `full`.
    mode: String,
    /// `not uploaded`, `uploaded`, `failing` or `gone`.
    status: String,
    actual_begin: Option<String>,
    /// null: it has not ended.
    actual_end: Option<String>,
    /// Members at the target.
    members: i64,
    /// Changes that waited after the last attempt.
    pending: i64,
    /// Failed attempts since the last success.
    failures: i32,
    /// The begin of the last successful sync.
    success_at: Option<String>,
    /// The next attempt after a failure.
    retry_at: Option<String>,
    /// Why the last attempt failed.
    error: Option<String>,
}

/// A change of a subscription. A field that is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct SubscriptionPatch {
    #[schema(value_type = Option<Object>)]
    params: Option<Box<RawValue>>,
    /// null: changes are sent at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    cron: Option<Option<String>>,
}

impl Subscription {
    /// It has not ended, and its target is not gone.
    pub(super) fn can_be_synced(&self) -> Result<()> {
        if self.actual_end.is_some() {
            return Err(Problem::conflict("subscription_ended", "the subscription has ended; create a new one"));
        }
        if self.status == "gone" {
            let detail = "the target has answered that it is gone; PATCH the subscription when it is back";
            return Err(Problem::conflict("subscription_gone", detail));
        }
        Ok(())
    }
}

/// A field that is there, perhaps null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct SubscriptionParameters {
    /// The number of a consumer.
    consumer: Option<i32>,
    /// The name of a segment.
    segment: Option<String>,
    /// Whether those that have ended are in the list.
    #[serde(default)]
    #[param(default = false, required = false)]
    ended: bool,
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The subscription of a row of `list_subscriptions` and `select_subscription_details`.
pub(super) fn subscription(row: &Row) -> std::result::Result<Subscription, Failure> {
    let at = |column| Ok::<_, Failure>(value::<Option<PgTimestamp>>(row, column)?.and_then(instant::text));
    Ok(Subscription {
        id: value(row, 0)?,
        consumer_id: value(row, 1)?,
        consumer: value(row, 2)?,
        segment: value(row, 3)?,
        target: value(row, 4)?,
        name: value(row, 5)?,
        audience: value(row, 6)?,
        // PostgreSQL has checked that it is JSON.
        params: RawValue::from_string(value(row, 7)?).ok(),
        cron: value(row, 8)?,
        mode: value(row, 9)?,
        status: value(row, 10)?,
        actual_begin: at(11)?,
        actual_end: at(12)?,
        members: value(row, 13)?,
        pending: value(row, 14)?,
        failures: value(row, 15)?,
        success_at: at(16)?,
        retry_at: at(17)?,
        error: value(row, 18)?,
    })
}

/// Subscriptions, by number
#[utoipa::path(
    get,
    path = "/api/v2/subscriptions",
    tag = "subscribers",
    params(SubscriptionParameters),
    responses((status = 200, body = List<Subscription>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    Parameters(parameters): Parameters<SubscriptionParameters>,
) -> Result<Json<List<Subscription>>> {
    let SubscriptionParameters { consumer, segment, ended, limit, cursor } = parameters;
    let page = Page::new(format!("subscriptions/{consumer:?}/{segment:?}/{ended}"), limit, cursor.as_deref(), None)?;
    if segment.as_ref().is_some_and(|segment| segment.contains('\0')) {
        return Err(Problem::invalid("invalid_text", "a parameter contains U+0000, which no name has"));
    }
    let rows = api.database.read(&LIST, &[&consumer, &segment, &ended, &page.after_id(), &page.rows()]).await?;
    let items = rows.iter().map(|row| {
        let subscription = subscription(row)?;
        Ok((vec![i64::from(subscription.id)], subscription))
    });
    Ok(Json(page.made_of(now(), items.collect::<std::result::Result<_, Failure>>()?)))
}

/// A subscription, also one that has ended
#[utoipa::path(
    get,
    path = "/api/v2/subscriptions/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    responses((status = 200, body = Subscription), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn get(State(api): State<Api>, PathPart(id): PathPart<3>) -> Result<Json<Subscription>> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let rows = api.database.read(&SELECT, &[&number]).await?;
    let row = rows.first().ok_or_else(|| no_subscription(&id))?;
    Ok(Json(subscription(row)?))
}

/// Changes a subscription, and tries it at once
///
/// Also one whose target is gone. What the target has acknowledged stays acknowledged: for a new receiver that has nothing, create a new
/// subscription.
#[utoipa::path(
    patch,
    path = "/api/v2/subscriptions/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    request_body = SubscriptionPatch,
    responses((status = 200, body = Subscription), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn change(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    cause: Cause,
    Command { body, once }: Command<SubscriptionPatch>,
) -> Result<Response> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let params = body.params.as_ref().map(|params| params.get());
    if let Some(params) = params {
        api.subscribers.check(params).map_err(|detail| Problem::invalid("invalid_subscription", detail))?;
    }
    let (has_cron, cron) = (body.cron.is_some(), body.cron.flatten());
    let effect = async |change: &Change| {
        let (actor, request) = (&cause.actor, &cause.request_id);
        let changed = change.read(&UPDATE, &[&number, &params, &has_cron, &cron, actor, request]).await;
        if changed.map_err(rejected)?.is_empty() {
            return Err(no_subscription(&id));
        }
        let rows = change.read(&SELECT, &[&number]).await?;
        let row = rows.first().ok_or_else(|| no_subscription(&id))?;
        Ok(answer(StatusCode::OK, Some(&subscription(row)?)))
    };
    once.without_key().run(&api, effect).await
}

/// Ends a subscription
///
/// Its target is told: a file is deleted, a webhook or a topic gets `segment.audience.removed`.
#[utoipa::path(
    delete,
    path = "/api/v2/subscriptions/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    cause: Cause,
) -> Result<Response> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let transaction = api.database.begin_change().await.map_err(Failure::from)?;
    let rows = transaction.query(&DELETE, [&number, &cause.actor, &cause.request_id]).await?;
    transaction.commit().await?;
    if rows.is_empty() { Err(no_subscription(&id)) } else { Ok(StatusCode::NO_CONTENT.into_response()) }
}
