//! HTTP for any service: the server, bearer authentication, error responses, paging, compression and caching.
//!
//! A service builds an `axum` router of its routes, and this crate supplies what routes of every service need. It knows
//! no settings: a token, a key and a limit are arguments.

pub use self::{
    auth::{Bearer, Token},
    body::Body,
    concurrency::ConcurrencyLimit,
    error::{ApiError, ErrorBody},
    long_response::LongResponse,
    metrics::describe as describe_metrics,
    name::Name,
    no_store::no_store,
    page::Page,
    request_id::{request_id, with_request_id},
    response_cache::ResponseCache,
    sort_key::SortKey,
};

mod error;
pub mod auth;
mod name;
mod page;
mod sort_key;
mod body;
mod no_store;
mod request_id;
mod response_cache;
mod held_body;
mod concurrency;
mod long_response;
pub mod server;
mod metrics;
