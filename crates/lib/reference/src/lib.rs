//! Names: the only crate that knows Redis, which tells the names behind the ids of an order.
//!
//! [`ReferenceStore::resolve`] asks for all a batch needs together and answers with a [`Lookup`]. What a value of
//! Redis means is decided in [`mod@reference`], which is pure.

pub use self::{
    cache::STALE_AFTER,
    connect_error::ConnectError,
    connection::Unavailable,
    lookup::Lookup,
    reference::{Product, Restaurant, User},
    resolve::{ReferenceStore, ServerInfo},
    settings::Settings,
    unusable::{LARGEST_VALUE, Unusable},
};

pub mod settings;
pub mod reference;
mod unusable;
mod cache;
mod connection;
mod connect_error;
mod lookup;
mod resolve;
