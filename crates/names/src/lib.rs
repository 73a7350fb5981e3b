//! Names: the only crate that knows Redis, which tells the names behind the ids of an order.
//!
//! [`Names::resolve`] asks for all a batch needs together and answers with a [`Directory`]. What a value of
//! Redis means is decided in [`mod@reference`], which is pure.

pub use self::{
    cache::STALE_AFTER,
    connection::Unavailable,
    denied::Denied,
    directory::Directory,
    reference::{Dish, Restaurant, User},
    resolve::{Greeting, Names},
    settings::Settings,
    unusable::{LARGEST_VALUE, Unusable},
};

pub mod settings;
pub mod reference;
mod unusable;
mod cache;
mod connection;
mod denied;
mod directory;
mod resolve;
