//! Bad records, missing names, absent dependencies, wrong settings: what the contract says happens, happens.

mod dead_letters;
mod skipped;
mod parked;
mod outages;
mod absent_at_start;
mod refusals;
mod stopping;
