//! The vocabulary of Tagmill: what its messages say, what its numbers mean, how its keys are made.
//!
//! Everything here is pure: bytes in, values or a reason out. No clock, no driver, no I/O; whoever wants to know what a
//! record means reads this crate and nothing else.

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

/// The category of a dish whose menu names none, or that is on no menu.
pub const NO_CATEGORY: &str = "Без категории";

/// The longest id, in characters. Longer ones cannot be keys of the hubs' unique indexes.
pub const LONGEST_ID: usize = 255;

/// The longest category name, in characters; longer ones are cut, in every layer alike, because the name is the key.
pub const LONGEST_CATEGORY: usize = 255;

/// A category name as it is kept: its first [`LONGEST_CATEGORY`] characters.
#[must_use]
pub fn cut_category(name: &str) -> &str {
    name.char_indices().nth(LONGEST_CATEGORY).map_or(name, |(end, _)| &name[..end])
}
