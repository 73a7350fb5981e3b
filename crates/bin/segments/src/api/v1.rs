//! API v1, `/api/v1`: the customer's first service, byte for byte.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};

use crate::api::{Api, MAX_BODY_BYTES, auth::Answers, v2};

mod error;
mod body;
mod render;
mod users;
mod segments;
mod memberships;
mod report;

/// The content type of every answer with a body.
const JSON: &str = "application/json; charset=UTF-8";

/// The routes.
pub(crate) fn routes(api: Api) -> Router {
    // axum answers HEAD on a GET route; the customer's service does not.
    let get_only = |route: MethodRouter<Api>| route.head(method_not_allowed);
    let router = Router::new()
        .route("/api/v1/users", get_only(get(users::list).post(users::create)))
        .route("/api/v1/users/withSegments", get_only(get(users::list_with_segments)))
        .route("/api/v1/users/addUserToSegments", get_only(get(users::get).post(memberships::add)))
        .route("/api/v1/users/deleteUserFromSegments", get_only(get(users::get).post(memberships::delete)))
        .route("/api/v1/users/{id}", get_only(get(users::get)))
        .route("/api/v1/users/{id}/withSegments", get_only(get(users::get_with_segments)))
        .route("/api/v1/segments", get_only(get(segments::list).post(segments::create)))
        .route("/api/v1/segments/{name}", get_only(get(segments::get).delete(segments::delete)))
        .route("/api/v1/reports", get_only(get(report::get)));
    let answers = Answers { refused: error::refused, failed: error::failed };
    let guarded = api.keys.guard(router, answers);
    guarded.layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(api)
}

/// The answers to unknown paths and to other verbs, of all APIs.
pub(crate) fn fallbacks(router: Router) -> Router {
    router.method_not_allowed_fallback(method_not_allowed).fallback(not_found)
}

/// Whether a path is one of API v2, whose errors are others.
fn is_v2(uri: &Uri) -> bool {
    uri.path().starts_with("/api/v2/")
}

async fn not_found(uri: Uri) -> Response {
    if is_v2(&uri) {
        return v2::problem::unknown_path();
    }
    json(StatusCode::NOT_FOUND, "{\"message\":\"Not Found\"}\n".to_owned())
}

async fn method_not_allowed(uri: Uri) -> Response {
    if is_v2(&uri) {
        return v2::problem::wrong_method();
    }
    json(StatusCode::METHOD_NOT_ALLOWED, "{\"message\":\"Method Not Allowed\"}\n".to_owned())
}

/// An answer with a body.
fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    (status, [(CONTENT_TYPE, JSON)], body.into()).into_response()
}
