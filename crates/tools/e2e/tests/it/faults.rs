//! Tests of faults: bad records, missing names, unreachable dependencies, wrong settings.

mod dead_letters;
mod replayed_dead_letters;
mod skipped;
mod envelopes;
mod timestamps;
mod bad_input;
mod parked;
mod outages;
mod absent_at_start;
mod refusals;
mod stopping;
