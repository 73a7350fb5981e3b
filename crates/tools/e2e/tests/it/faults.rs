//! Bad records, missing names, absent dependencies, wrong settings: what the contract says happens, happens.

mod dead_letters;
mod sent_back;
mod skipped;
mod envelopes;
mod timestamps;
mod bad_input;
mod parked;
mod outages;
mod absent_at_start;
mod refusals;
mod stopping;
