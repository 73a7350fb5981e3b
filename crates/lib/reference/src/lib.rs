//! The reference data in Redis: names of users, restaurants and products by id.
//!
//! [`ReferenceStore::resolve`] reads all names of a batch together and returns a [`Lookup`]. The pure module
//! [`mod@reference`] parses the values.

pub use redis_client::Settings;

pub use self::{
    cache::STALE_AFTER,
    connect_error::ConnectError,
    connection::Unavailable,
    lookup::Lookup,
    reference::{Product, Restaurant, User},
    resolve::{CACHE_BYTES, ReferenceStore, ServerInfo},
    unusable::{LARGEST_VALUE, Unusable},
};

pub mod reference;
mod unusable;
mod cache;
mod connection;
mod connect_error;
mod lookup;
mod resolve;
