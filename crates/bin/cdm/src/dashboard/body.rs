//! Something a browser asks for again and again: sent whole, compressed, or not at all.

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

/// What is sent, with a tag that says which content it is.
pub(super) struct Body {
    kind: &'static str,
    tag: String,
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

impl Body {
    /// Content of a media type.
    pub(super) fn new(kind: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        // The same on every replica. Weak: compressed or not, it is the same content.
        let tag = format!("W/\"{}\"", Uuid::new_v5(&Uuid::NAMESPACE_OID, &plain).simple());
        Self { kind, tag, plain, gzip: OnceLock::new() }
    }

    /// What to answer to a request with these headers.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
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

    /// Compressed when somebody first wants it so, unless that fails: it is sent as it is, then.
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

/// Whether a header, which may be there several times, has `item` in its list. A weight of zero nobody sends.
fn says(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .any(|entry| entry.split(';').next().is_some_and(|entry| entry.trim() == item))
}
