//! `/jobs` and `/jobs.json`: the status of the jobs and their recent runs, for people and for programs.
//!
//! The page is HTML without scripts, in Russian and English, light and dark. It loads nothing but its style sheet, and
//! asks again every ten seconds.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;

use self::words::Language;
use super::status::{Board, Status};

mod html;
mod words;

const CSS: &str = include_str!("page/page.css");

/// Headers of every response: the browser loads nothing from other origins and runs no scripts.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "private, no-cache"),
];

/// How the page is to look.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Look {
    lang: Option<String>,
    theme: Option<String>,
}

/// The routes of the page.
pub(crate) fn routes(board: Arc<Board>) -> Router {
    Router::new()
        .route("/jobs", get(page))
        .route("/jobs.json", get(json))
        .route("/jobs/page.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS)))
        .with_state(board)
        .layer(middleware::map_response(with_headers))
}

async fn page(State(board): State<Arc<Board>>, Query(look): Query<Look>, headers: HeaderMap) -> Html<String> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = look.lang.as_deref().map_or_else(|| Language::accepted(accepted), Language::named);
    let theme = look.theme.as_deref().filter(|theme| ["light", "dark"].contains(theme));
    Html(html::page(&status(&board).await, language, theme))
}

async fn json(State(board): State<Arc<Board>>) -> Json<Status> {
    Json(status(&board).await)
}

async fn status(board: &Board) -> Status {
    board.status(Timestamp::try_from(runtime::clock::now()).unwrap_or_default()).await
}

async fn with_headers(response: Response) -> Response {
    let mut response = response.into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
