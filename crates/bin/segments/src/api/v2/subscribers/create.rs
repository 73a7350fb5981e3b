//! `POST /subscriptions` and `/secret`: what shows the secret of a webhook, once.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use consumer::Failure;
use database::{PgTimestamp, Statement, get, statement};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    no_subscription, number, rejected,
    subscriptions::{SELECT, Subscription, subscription},
};
use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Body, Nothing},
            instant,
            problem::{Problem, ProblemBody},
        },
    },
    changes::Cause,
    subscribers::targets::webhook::signature,
};

const INSERT: Statement = statement!("segments/subscribers/insert_subscription");
const SECRET: Statement = statement!("segments/subscribers/select_secret");
const ROTATE: Statement = statement!("segments/subscribers/rotate_secret");

/// A new subscription.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct NewSubscription {
    /// The number of the consumer.
    consumer_id: i32,
    /// The name of the segment.
    segment: String,
    target: TargetKind,
    /// The name of the audience, with `{{name}}` and `{{id}}` of the segment.
    #[serde(default = "default_name")]
    #[schema(default = "{{name}}", max_length = 1000)]
    name: String,
    /// webhook: `url`; kafka: `topic`; csv: `path`, perhaps `keep`; all: perhaps `batch`, 1 to 1000.
    #[schema(value_type = Object)]
    params: Box<RawValue>,
    /// Five fields, UTC; null: changes are sent at once.
    cron: Option<String>,
    #[serde(default)]
    mode: Mode,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TargetKind {
    Webhook,
    Kafka,
    Csv,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Changes.
    #[default]
    Mirror,
    /// The whole audience; csv only.
    Full,
}

/// A subscription that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct CreatedSubscription {
    subscription: Subscription,
    /// The secret of a webhook. It is not shown again.
    secret: Option<String>,
}

/// A new secret.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct NewSecret {
    /// It is not shown again.
    secret: String,
    /// Until then the old secret signs too.
    previous_until: Option<String>,
}

fn default_name() -> String {
    "{{name}}".to_owned()
}

/// The answer would be stored with its secret.
fn without_key(headers: &HeaderMap) -> Result<()> {
    if headers.contains_key("idempotency-key") {
        let detail = "this request takes no Idempotency-Key, because the answer, which has a secret, would be stored";
        return Err(Problem::invalid("idempotency_key_not_allowed", detail));
    }
    Ok(())
}

/// Creates a subscription, and shows the secret of a webhook once
///
/// An Idempotency-Key is refused: it would store the secret. Of two equal requests the second is refused anyway, because no two current
/// subscriptions share target, destination and audience.
#[utoipa::path(
    post,
    path = "/api/v2/subscriptions",
    tag = "subscribers",
    request_body = NewSubscription,
    responses((status = 201, body = CreatedSubscription), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn create(
    State(api): State<Api>,
    cause: Cause,
    headers: HeaderMap,
    Body(new): Body<NewSubscription>,
) -> Result<(StatusCode, Json<CreatedSubscription>)> {
    without_key(&headers)?;
    api.subscribers.check(new.params.get()).map_err(|detail| Problem::invalid("invalid_subscription", detail))?;
    let target = match new.target {
        TargetKind::Webhook => "webhook",
        TargetKind::Kafka => "kafka",
        TargetKind::Csv => "csv",
    };
    let mode = if matches!(new.mode, Mode::Full) { "full" } else { "mirror" };
    let transaction = api.database.begin_change().await.map_err(Failure::from)?;
    let (params, segment, name, cron) = (new.params.get(), &new.segment, &new.name, &new.cron);
    let (actor, request) = (&cause.actor, &cause.request_id);
    let values: [&dyn database::Parameter; 9] =
        [&new.consumer_id, segment, &target, name, &params, cron, &mode, actor, request];
    let created = transaction.query(&INSERT, values).await.map_err(rejected)?;
    let Some(row) = created.first() else {
        let detail = "there is no such consumer or segment, or it has ended; create or restore it first";
        return Err(Problem::not_found("consumer_or_segment_not_found", detail));
    };
    let id: i32 = get(row, 0)?;
    let rows = transaction.query(&SELECT, [&id]).await?;
    let secrets = transaction.query(&SECRET, [&id]).await?;
    transaction.commit().await?;
    let row = rows.first().ok_or_else(|| no_subscription(&id.to_string()))?;
    let secret = secrets.first().map(|row| get::<Vec<u8>>(row, 0)).transpose()?;
    let created =
        CreatedSubscription { subscription: subscription(row)?, secret: secret.map(|secret| signature::text(&secret)) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Makes a new secret for a webhook, and shows it once
///
/// For 24 hours, requests are signed with both. An Idempotency-Key is refused: it would store the secret.
#[utoipa::path(
    post,
    path = "/api/v2/subscriptions/{id}/secret",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    responses((status = 201, body = NewSecret), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn secret(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    cause: Cause,
    headers: HeaderMap,
    Body(_): Body<Nothing>,
) -> Result<(StatusCode, Json<NewSecret>)> {
    without_key(&headers)?;
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let transaction = api.database.begin_change().await.map_err(Failure::from)?;
    let found = transaction.query(&SELECT, [&number]).await?;
    if found.is_empty() {
        return Err(no_subscription(&id));
    }
    let rows = transaction.query(&ROTATE, [&number, &cause.actor, &cause.request_id]).await?;
    transaction.commit().await?;
    let row = rows.first().ok_or_else(|| {
        Problem::conflict("not_a_webhook", "only the subscription of a webhook that has not ended has a secret")
    })?;
    let (secret, until): (Vec<u8>, PgTimestamp) = (get(row, 0)?, get(row, 1)?);
    let new = NewSecret { secret: signature::text(&secret), previous_until: instant::text(until) };
    Ok((StatusCode::CREATED, Json(new)))
}
