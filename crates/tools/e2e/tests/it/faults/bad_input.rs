//! Bad and awkward records, row by row: each in one batch with good ones, which are stored, while it becomes what the
//! contract says, and a dead letter is the original to the last byte.

mod case;
mod outcome;
mod values;
mod orders;
mod enriched;
mod counters;
mod everywhere;
mod large;
