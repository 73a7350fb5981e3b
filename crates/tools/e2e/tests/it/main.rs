//! End-to-end tests: the three services together, on real Kafka, PostgreSQL and Redis.

mod docs;
mod examples;
mod keys;
mod tags;
mod page;
mod dashboards;
mod replay;
mod emptied;
mod restored;
mod replicas;
mod schedule;
mod stopping;
mod stuck;
mod memory;
mod parked;
mod privacy;
mod story;
mod crash;
mod rebuild;
mod summary;
mod faults;
mod check;
mod roles;
mod secured;
mod pooled;
mod clusters;
