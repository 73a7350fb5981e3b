//! elt-service: job files, and what they make PostgreSQL do.
//!
//! [`job`] reads a job file into a [`Job`] or into problems that name file, line, key and remedy. It is pure: bytes in,
//! values out. [`run`] runs one cycle of a job: what changed in M reaches A, what is gone from M goes from A.
//!
//! The modules follow the data: [`job`]; `query` and `read` (M), `tuple`, `cursor`, `time`; `scan`, `hashes`, `cache` (Redis);
//! `target`, `stage`, `upsert`, `row_by_row`; `keys`, `guard`; [`watermark`], `state`; `cycle`.

pub use self::{
    cycle::{Method, Options, Servers, run},
    error::{Error, Server},
    job::Job,
    migrations::MIGRATIONS,
    outcome::{Counts, Outcome, Status},
};

mod error;
mod migrations;
mod failpoint;
mod hashes;
mod time;
mod tuple;
pub mod job;
pub mod watermark;
mod cursor;
mod query;
mod read;
mod scan;
mod cache;
mod target;
mod assigned;
mod upsert_sql;
mod stage;
mod row_by_row;
mod upsert;
mod guard;
mod outcome;
mod state;
mod keys_sql;
mod keys;
mod cycle;
