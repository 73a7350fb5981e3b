//! The page for those without DataLens: the charts of `dashboards/orders.toml`, drawn in the browser.
//!
//! [`page`] is what the browser loads, all of it compiled in; [`data_request`] reads what it asks, [`queries`] knows
//! the queries, [`answer`] runs them, and [`response_cache`] keeps what came out for a moment, so that many viewers
//! cost what one does. Like the tag API it is answered by the runtime that watches over the loop, on connections of its
//! own.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use dashboards::Spec;
use database::Database;

use self::{data_request::DataRequest, page::Page, queries::Queries, response_cache::ResponseCache};
use crate::api::{ApiError, Token, check};

mod body;
mod page;
mod filter_value;
mod queries;
mod data_request;
mod answer;
mod response_cache;

/// How old what somebody is shown may be beyond what the views themselves lag behind.
const FRESH: Duration = Duration::from_secs(2);

/// What is true of every answer. The browser loads nothing from anywhere else and runs nothing that stands in the page;
/// what it keeps it asks about before it uses it again.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "private, no-cache"),
];

/// What answers about charts need.
struct AppState {
    database: Database,
    queries: Queries,
    response_cache: ResponseCache,
}

/// `/dashboard` and what it loads. With a token, whoever asks for numbers has to show it; the empty page is for everybody.
pub(crate) fn routes(database: Database, token: Option<Token>) -> Router {
    let spec = dashboards::orders().unwrap_or_else(|error| unreachable!("a test reads the same text: {error}"));
    let page = Arc::new(Page::new(&spec));
    let data = data(&spec, database);
    let data = match token {
        Some(token) => data.layer(middleware::from_fn_with_state(Arc::new(token), check)),
        None => data,
    };
    Router::new()
        .route("/dashboard", get(index))
        .route("/dashboard/", get(async || Redirect::permanent("../dashboard")))
        .route("/dashboard/{file}", get(file))
        .with_state(page)
        .merge(data)
        .layer(middleware::map_response(with_headers))
}

fn data(spec: &Spec, database: Database) -> Router {
    let state = AppState { database, queries: Queries::new(spec), response_cache: ResponseCache::new(FRESH) };
    Router::new().route("/dashboard/data", get(numbers)).with_state(Arc::new(state))
}

async fn index(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    page.index().answer(&headers)
}

async fn file(State(page): State<Arc<Page>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    page.file(&name).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |body| body.answer(&headers))
}

/// The rows of the charts of a tab, or of all, narrowed by what is chosen.
async fn numbers(State(state): State<Arc<AppState>>, address: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let data_request = DataRequest::read(&address, &state.queries)?;
    let read = async || answer::read(&state.database, &state.queries, &data_request).await;
    Ok(state.response_cache.take(&data_request, read).await?.answer(&headers))
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
