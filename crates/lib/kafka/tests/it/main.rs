//! The source, the publisher and the topics, on a real broker.

mod fixture;
mod foreign;
mod reading;
mod group;
mod committing;
mod publishing;
mod outage;
mod supervised;
mod vanished;
mod topics;
mod rereading;
mod log_files;
mod unreadable;
mod ends;
mod replaced;
