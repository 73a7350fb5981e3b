//! The tag API: HTTP routes that return tags, users and counters. Read-only.
//!
//! Requests are served by the admin runtime, with database connections of its own, so they never delay a batch.

use std::sync::Arc;

use axum::{Json, Router, middleware, routing::get};
use database::Database;
use http::{Bearer, ConcurrencyLimit, Token, auth, no_store};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

mod timestamp;
mod users;
mod tags;
mod rules;

/// The introduction of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tagmill tag API",
        description = "Tags of users, and the counters they follow from. Times are UTC. Every response is JSON; the body of \
                       an error has the message in `error`."
    ),
    modifiers(&Bearer)
)]
struct Document;

/// The routes under `/api/v1`. If a token is set, every route except the OpenAPI document requires it.
pub(crate) fn routes(database: Database, token: Option<Token>, limit: &ConcurrencyLimit) -> Router {
    let (routes, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(users::tags))
        .routes(routes!(users::counters))
        .routes(routes!(tags::list))
        .routes(routes!(tags::users))
        .routes(routes!(rules::list))
        .split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let document = Arc::new(document);
    auth::require(limit.layer(routes), token)
        .with_state(database)
        .route("/api/v1/openapi.json", get(async move || Json(document.as_ref().clone())))
        .layer(middleware::map_response(no_store))
}
