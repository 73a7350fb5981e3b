//! The built-in dashboard: an HTML page that draws the charts of `dashboards/orders.toml` in the browser, without
//! DataLens.
//!
//! [`page`] serves the files of the page, which are compiled in. [`data_request`] parses a request for data,
//! [`queries`] holds the queries, [`answer`] runs them, and a [`ResponseCache`] keeps the responses for a moment, so that
//! many viewers cost as much as one. Like the tag API, requests are served by the admin runtime with database
//! connections of its own.

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
use http::{ApiError, ConcurrencyLimit, ResponseCache, Token, auth};

use self::{data_request::DataRequest, page::Page, queries::Queries};

mod page;
mod filter_value;
mod queries;
mod data_request;
mod answer;

/// Lifetime of a cached response. The figures may be that much older than the views.
const FRESH: Duration = Duration::from_secs(2);

/// Headers of every response. The browser loads nothing from other origins, runs no inline scripts, and revalidates
/// cached files before it uses them.
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

/// Shared state of the request handlers.
struct AppState {
    database: Database,
    queries: Queries,
    response_cache: ResponseCache<DataRequest>,
}

/// The routes of `/dashboard`. If a token is set, requests for data require it; the page without data does not.
pub(crate) fn routes(database: Database, token: Option<Token>, limit: &ConcurrencyLimit) -> Router {
    let spec = dashboards::orders().unwrap_or_else(|error| unreachable!("a test reads the same text: {error}"));
    let page = Arc::new(Page::new(&spec));
    let data = auth::require(limit.layer(data(&spec, database)), token);
    Router::new()
        .route("/dashboard", get(index))
        .route("/dashboard/", get(async || Redirect::permanent("../dashboard")))
        .route("/dashboard/{*file}", get(file))
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

/// Handles a request for data: the rows of the charts of a tab, or of all tabs, filtered by the selectors.
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
