//! `Cache-Control: no-store` for responses with personal data.

use axum::{
    http::{HeaderValue, header::CACHE_CONTROL},
    response::Response,
};

/// Forbids caches to store a response: it contains personal data and is soon out of date.
pub async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
