//! Keyset paging: the query parameters `after` and `limit`, and the rows of a page.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ApiError;

/// The page that a request asks for, as an extractor. `K` is the key by which rows are ordered, `DEFAULT` the limit of a
/// request that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K, const DEFAULT: u16 = 100> {
    /// The key of the last row of the page before; `None`: the first page.
    pub after: Option<K>,
    /// Maximum number of rows: 1 to 1000.
    pub limit: u16,
}

/// The largest limit of a request.
const MAX_LIMIT: u16 = 1000;

/// Maximum size in bytes of all rows of a page as JSON. With what surrounds them the response is smaller than 1 MiB.
const MAX_PAGE_BYTES: usize = (1 << 20) - (64 << 10);

/// The query string of a page. Other parameters are an error, so that a misspelt one is not ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters<K> {
    after: Option<K>,
    limit: Option<u16>,
}

impl<K, const DEFAULT: u16> Page<K, DEFAULT> {
    /// The rows of a page, and the key of the next page, which is that of the last row; `None`: this page is the last
    /// one. A page ends early if its rows become larger than a response may be.
    ///
    /// # Errors
    /// The first error of `rows`.
    pub fn collect<T: Serialize, E>(
        &self,
        rows: impl Iterator<Item = Result<(K, T), E>>,
    ) -> Result<(Vec<T>, Option<K>), E> {
        let (mut items, mut last, mut bytes) = (Vec::new(), None, 0);
        for row in rows {
            let (key, item) = row?;
            bytes += serde_json::to_vec(&item).map_or(0, |json| json.len() + 1);
            if bytes > MAX_PAGE_BYTES && !items.is_empty() {
                return Ok((items, last));
            }
            items.push(item);
            last = Some(key);
        }
        let is_full = items.len() >= usize::from(self.limit);
        Ok((items, last.filter(|_| is_full)))
    }
}

impl<S: Send + Sync, K: DeserializeOwned, const DEFAULT: u16> FromRequestParts<S> for Page<K, DEFAULT> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<Parameters<K>>::from_request_parts(parts, state).await;
        let Query(Parameters { after, limit }) = query.map_err(|error| ApiError::Malformed(error.body_text()))?;
        let limit = limit.unwrap_or(DEFAULT);
        match (1..=MAX_LIMIT).contains(&limit) {
            true => Ok(Self { after, limit }),
            false => Err(ApiError::Malformed(format!("limit is {limit}; it must be 1 to {MAX_LIMIT}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// The lengths of the texts of a page of at most `limit` rows, and its next key.
    fn page(limit: u16, lengths: &[usize]) -> (Vec<usize>, Option<usize>) {
        let rows = lengths.iter().map(|length| Ok::<_, Infallible>((*length, "x".repeat(*length))));
        let Ok((items, next)) = Page::<usize> { after: None, limit }.collect(rows);
        (items.iter().map(String::len).collect(), next)
    }

    #[test]
    fn a_full_page_may_have_a_next_one() {
        assert_eq!(page(3, &[1, 2]), (vec![1, 2], None));
        assert_eq!(page(3, &[1, 2, 3]), (vec![1, 2, 3], Some(3)));
        assert_eq!(page(3, &[]), (vec![], None));
    }

    #[test]
    fn large_rows_end_a_page_and_none_is_left_out() {
        assert_eq!(page(9, &[500_000, 400_000, 300_000]), (vec![500_000, 400_000], Some(400_000)));
        assert_eq!(page(9, &[2_000_000, 1]), (vec![2_000_000], Some(2_000_000)));
        assert_eq!(page(9, &[2_000_000]), (vec![2_000_000], None));
    }
}
