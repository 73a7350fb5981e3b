//! `/consumers`: who receives segments.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get as value, statement};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::number;
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

const LIST: Statement = statement!("segments/subscribers/list_consumers");
const SELECT: Statement = statement!("segments/subscribers/select_consumer");
const INSERT: Statement = statement!("segments/subscribers/insert_consumer");
const UPDATE: Statement = statement!("segments/subscribers/update_consumer");
const DELETE: Statement = statement!("segments/subscribers/delete_consumer");

/// The longest name, in bytes.
const MAX_NAME: usize = 1000;

/// Who receives segments.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Consumer {
    id: i32,
    name: String,
    description: Option<String>,
    actual_begin: Option<String>,
    /// null: it has not ended.
    actual_end: Option<String>,
}

/// A new consumer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct NewConsumer {
    /// It never changes, and stays taken after the consumer has ended.
    #[schema(example = "ads", max_length = 1000)]
    name: String,
    description: Option<String>,
}

/// A change of a consumer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct ConsumerPatch {
    /// null clears it.
    description: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct ConsumerParameters {
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The clock of a page that is not read at an instant.
pub(super) fn now() -> PgTimestamp {
    let now = jiff::Timestamp::try_from(runtime::clock::now()).unwrap_or_default();
    PgTimestamp::new(TimeZone::UTC.to_datetime(now))
}

fn unknown(id: &str) -> Problem {
    Problem::not_found("consumer_not_found", format!("there is no consumer {id}; GET /api/v2/consumers lists all"))
}

fn consumer(row: &Row) -> std::result::Result<Consumer, Failure> {
    Ok(Consumer {
        id: value(row, 0)?,
        name: value(row, 1)?,
        description: value(row, 2)?,
        actual_begin: instant::text(value(row, 3)?),
        actual_end: value::<Option<PgTimestamp>>(row, 4)?.and_then(instant::text),
    })
}

/// Consumers, by number
#[utoipa::path(
    get,
    path = "/api/v2/consumers",
    tag = "subscribers",
    params(ConsumerParameters),
    responses((status = 200, body = List<Consumer>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    Parameters(ConsumerParameters { limit, cursor }): Parameters<ConsumerParameters>,
) -> Result<Json<List<Consumer>>> {
    let page = Page::new("consumers".to_owned(), limit, cursor.as_deref(), None)?;
    let rows = api.database.read(&LIST, &[&page.after_id(), &page.rows()]).await?;
    let items = rows.iter().map(|row| {
        let consumer = consumer(row)?;
        Ok((vec![i64::from(consumer.id)], consumer))
    });
    Ok(Json(page.made_of(now(), items.collect::<std::result::Result<_, Failure>>()?)))
}

/// A consumer, also one that has ended
#[utoipa::path(
    get,
    path = "/api/v2/consumers/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the consumer")),
    responses((status = 200, body = Consumer), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn get(State(api): State<Api>, PathPart(id): PathPart<3>) -> Result<Json<Consumer>> {
    let number = number(&id).ok_or_else(|| unknown(&id))?;
    let rows = api.database.read(&SELECT, &[&number]).await?;
    let row = rows.first().ok_or_else(|| unknown(&id))?;
    Ok(Json(consumer(row)?))
}

/// Creates a consumer
#[utoipa::path(
    post,
    path = "/api/v2/consumers",
    tag = "subscribers",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect")),
    request_body = NewConsumer,
    responses((status = 201, body = Consumer), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn create(
    State(api): State<Api>,
    cause: Cause,
    Command { body, once }: Command<NewConsumer>,
) -> Result<Response> {
    let NewConsumer { name, description } = body;
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Problem::invalid("invalid_name", format!("name has to have 1 to {MAX_NAME} bytes")));
    }
    let effect = async |change: &Change| {
        let rows = change.read(&INSERT, &[&name, &description, &cause.actor, &cause.request_id]).await?;
        let row = rows.first().ok_or_else(|| {
            let detail = format!("there is a consumer `{name}`, perhaps one that has ended; choose another name");
            Problem::conflict("consumer_exists", detail)
        })?;
        Ok(answer(StatusCode::CREATED, Some(&consumer(row)?)))
    };
    once.run(&api, effect).await
}

/// Changes the description of a consumer
#[utoipa::path(
    patch,
    path = "/api/v2/consumers/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the consumer")),
    request_body = ConsumerPatch,
    responses((status = 200, body = Consumer), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn change(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    cause: Cause,
    Command { body, once }: Command<ConsumerPatch>,
) -> Result<Response> {
    let number = number(&id).ok_or_else(|| unknown(&id))?;
    let effect = async |change: &Change| {
        let rows = change.read(&UPDATE, &[&number, &body.description, &cause.actor, &cause.request_id]).await?;
        let row = rows.first().ok_or_else(|| unknown(&id))?;
        Ok(answer(StatusCode::OK, Some(&consumer(row)?)))
    };
    once.without_key().run(&api, effect).await
}

/// Ends a consumer and all its subscriptions
#[utoipa::path(
    delete,
    path = "/api/v2/consumers/{id}",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the consumer")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    cause: Cause,
) -> Result<Response> {
    let number = number(&id).ok_or_else(|| unknown(&id))?;
    let transaction = api.database.begin_change().await.map_err(Failure::from)?;
    let rows = transaction.query(&DELETE, [&number, &cause.actor, &cause.request_id]).await?;
    transaction.commit().await?;
    if rows.is_empty() { Err(unknown(&id)) } else { Ok(StatusCode::NO_CONTENT.into_response()) }
}
