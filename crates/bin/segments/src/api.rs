//! The HTTP APIs, and what their routes share: the database, the changes, the time zone, and the caller.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use database::Database;
use google_drive::Drive;
use percent_encoding::percent_decode_str;

use self::{
    auth::{Caller, Keys},
    instant::Zone,
};
use crate::{
    changes::{Cause, Changes},
    refresh::Refresher,
    subscribers::Subscribers,
};

pub(crate) mod instant;
pub(crate) mod auth;
mod reads;
mod links;
pub(crate) mod v1;
pub(crate) mod slugs;
pub(crate) mod v2;

/// The state of the routes.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) database: Database,
    pub(crate) changes: Changes,
    pub(crate) refresher: Refresher,
    pub(crate) subscribers: Subscribers,
    pub(crate) zone: Zone,
    pub(crate) keys: Keys,
    pub(crate) dev_methods: bool,
    pub(crate) public_url: String,
    pub(crate) report_link_ttl: Duration,
    /// Where reports are uploaded. `None`: they are in the response.
    pub(crate) drive: Option<Arc<Drive>>,
}

/// The largest body of a request that changes single users or segments.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

impl<S: Send + Sync> FromRequestParts<S> for Cause {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let actor = parts.extensions.get().map_or("anonymous", |Caller(name)| name);
        Ok(Self { actor: actor.to_owned(), request_id: http::request_id() })
    }
}

/// A part of the request path, decoded: `%2F` is a slash in it. Counted from 0.
#[derive(Debug)]
pub(crate) struct PathPart<const INDEX: usize>(pub(crate) String);

impl<S: Send + Sync, const INDEX: usize> FromRequestParts<S> for PathPart<INDEX> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let part = parts.uri.path().split('/').nth(INDEX + 1).unwrap_or_default();
        Ok(Self(percent_decode_str(part).decode_utf8_lossy().into_owned()))
    }
}
