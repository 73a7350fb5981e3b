//! The tag API: who is called what, and for which orders. It only reads.
//!
//! It is answered by the runtime that watches over the loop, on connections of its own: a question never holds up a batch.

use std::sync::Arc;

use axum::{Json, Router, middleware, routing::get};
use database::Database;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::auth::Bearer;
pub(crate) use self::{
    answer::ApiError,
    auth::{Token, check},
};

mod auth;
mod answer;
mod name;
mod users;
mod tags;
mod rules;

/// What the document says before the paths.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tagmill tag API",
        description = "Who is called what, and for which orders. Times are UTC. Every answer is JSON; an error says in \
                       `error` what is wrong."
    ),
    modifiers(&Bearer)
)]
struct Document;

/// The routes under `/api/v1`. With a token, whoever asks has to show it; the document itself is for everybody.
pub(crate) fn routes(database: Database, token: Option<Token>) -> Router {
    let (routes, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(users::tags))
        .routes(routes!(users::counters))
        .routes(routes!(tags::list))
        .routes(routes!(tags::users))
        .routes(routes!(rules::list))
        .split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let guarded = match token {
        Some(token) => routes.layer(middleware::from_fn_with_state(Arc::new(token), check)),
        None => routes,
    };
    let document = Arc::new(document);
    guarded
        .with_state(database)
        .route("/api/v1/openapi.json", get(async move || Json(document.as_ref().clone())))
        .layer(middleware::map_response(answer::no_store))
}
