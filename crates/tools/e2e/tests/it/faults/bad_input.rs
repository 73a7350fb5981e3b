//! Tests of bad records: each is in a batch with good ones, which are stored, and becomes a dead letter identical to
//! the original.

mod case;
mod outcome;
mod values;
mod orders;
mod enriched;
mod counters;
mod everywhere;
mod large;
