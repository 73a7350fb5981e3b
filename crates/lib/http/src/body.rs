//! Response bodies with an ETag: sent plain, compressed with gzip, or as 304 Not Modified.

use std::{io::Write, sync::OnceLock};

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use uuid::Uuid;

/// A body and its ETag.
#[derive(Debug)]
pub struct Body {
    kind: &'static str,
    tag: String,
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

impl Body {
    /// A body of a media type.
    #[must_use]
    pub fn new(kind: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        // Identical on all replicas. The ETag is weak: it is the same for the plain and the compressed body.
        let tag = format!("W/\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, &plain).simple());
        Self { kind, tag, plain, gzip: OnceLock::new() }
    }

    /// The response to a request with these headers.
    #[must_use]
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let always = [(ETAG, self.tag.as_str()), (VARY, "accept-encoding")];
        if says(headers, &IF_NONE_MATCH, &self.tag) {
            return (StatusCode::NOT_MODIFIED, always).into_response();
        }
        let plain = (always, [(CONTENT_TYPE, self.kind)]);
        match self.gzip().filter(|_| says(headers, &ACCEPT_ENCODING, "gzip")) {
            Some(gzip) => (plain, [(CONTENT_ENCODING, "gzip")], gzip.clone()).into_response(),
            None => (plain, self.plain.clone()).into_response(),
        }
    }

    /// Its size in bytes, with the compressed copy if there is one.
    pub(crate) fn len(&self) -> usize {
        self.plain.len() + self.gzip.get().map_or(0, Bytes::len)
    }

    /// The compressed body, made at the first request for it. `None` if compression fails; the plain body is sent then.
    fn gzip(&self) -> Option<&Bytes> {
        if self.gzip.get().is_none() {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.plain).ok()?;
            let gzip = encoder.finish().ok()?;
            return Some(self.gzip.get_or_init(|| gzip.into()));
        }
        self.gzip.get()
    }
}

/// Whether a list header, which may occur several times, contains `item`. Weights (`q=0`) are not evaluated.
fn says(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .any(|entry| entry.split(';').next().is_some_and(|entry| entry.trim() == item))
}
