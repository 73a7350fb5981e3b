//! Keyset paging: the query parameters `after` and `limit`, and the key of the next page.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::ApiError;

/// The page that a request asks for, as an extractor. `K` is the key by which rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last row of the page before; `None`: the first page.
    pub after: Option<K>,
    /// Maximum number of rows: 1 to 1000.
    pub limit: u16,
}

/// The limit of a request that names none.
const DEFAULT_LIMIT: u16 = 100;

/// The largest limit of a request.
const MAX_LIMIT: u16 = 1000;

/// The query string of a page. Other parameters are an error, so that a misspelt one is not ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters<K> {
    after: Option<K>,
    limit: Option<u16>,
}

impl<K> Page<K> {
    /// The key of the next page: the one of the last row of a full page. `None`: this page is the last one.
    ///
    /// # Errors
    /// The error of `key`.
    pub fn next<R, E>(&self, rows: &[R], key: impl FnOnce(&R) -> Result<K, E>) -> Result<Option<K>, E> {
        rows.last().filter(|_| rows.len() >= usize::from(self.limit)).map(key).transpose()
    }
}

impl<S: Send + Sync, K: DeserializeOwned> FromRequestParts<S> for Page<K> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<Parameters<K>>::from_request_parts(parts, state).await;
        let Query(Parameters { after, limit }) = query.map_err(|error| ApiError::Malformed(error.body_text()))?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        match (1..=MAX_LIMIT).contains(&limit) {
            true => Ok(Self { after, limit }),
            false => Err(ApiError::Malformed(format!("limit is {limit}; it must be 1 to {MAX_LIMIT}"))),
        }
    }
}
