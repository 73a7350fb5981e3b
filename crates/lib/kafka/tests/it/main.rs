//! Tests of source, publisher and topics on a real broker.

mod fixture;
mod foreign;
mod reading;
mod group;
mod commit_interval;
mod publishing;
mod outage;
mod supervised;
mod refusals;
mod leaderless;
mod vanished;
mod topics;
mod rereading;
mod log_files;
mod unreadable;
mod too_large;
mod unreadable_at_start;
mod ends;
mod lost_records;
mod replaced;
