//! Messages of orders: parsing and writing of each message contract, money, times, keys and versions.
//!
//! Everything here is pure: bytes in, values or an error out. No clock, no driver, no I/O. This crate alone defines
//! what a record means.

pub use self::parsing::canonical;

pub use self::{
    counters::{Counter, Counters},
    decimal::{Amount, Money},
    enriched::{Enriched, Product, Restaurant, User},
    event::{Event, Item},
    parsing::malformed::{Malformed, Unusable},
    record_time::RecordTime,
    tags::TagEvent,
    utc_micros::UtcMicros,
    version::Version,
};

pub mod event;
pub mod envelope;
pub mod enriched;
pub mod counters;
pub mod tags;
pub mod keys;
pub mod version;
pub mod utc_micros;
pub mod record_time;
pub mod decimal;
mod parsing;
pub mod status;
mod text;
mod sums;

/// The category of a product without a category on its menu, or without a menu.
pub const NO_CATEGORY: &str = "Без категории";

/// Maximum length of an id, in characters. Longer ones do not fit into the unique indexes of the hubs.
pub const LONGEST_ID: usize = 255;

/// Maximum length of a category name, in characters. Every layer cuts longer names in the same way, because the name is
/// the key.
pub const LONGEST_CATEGORY: usize = 255;

/// A category name as it is stored: its first [`LONGEST_CATEGORY`] characters.
#[must_use]
pub fn cut_category(name: &str) -> &str {
    name.char_indices().nth(LONGEST_CATEGORY).map_or(name, |(end, _)| &name[..end])
}
