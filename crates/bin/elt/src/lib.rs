//! elt-service: job files, and what they make PostgreSQL do.
//!
//! [`job`] reads a job file into a [`Job`] or into problems that name file, line, key and remedy. It is pure: bytes in,
//! values out. [`run`] runs one cycle of a job: what changed in M reaches A, what is gone from M goes from A. [`Elt`] is the
//! process: it runs jobs at each tick, and has subcommands for people.
//!
//! The modules follow the data: [`job`]; `source` (M); [`watermark`]; `hashes` (Redis); `target` and `upsert` (A); `keys`;
//! `state`; `cycle`; `service`, `commands`, `app`.

pub use self::{
    app::Elt,
    cycle::{
        Method, Options, Servers,
        backfill::{Range, backfill},
        record_failure, run,
    },
    error::{Error, Server},
    job::Job,
    outcome::{Changed, Changes, Counts, Outcome, Status},
    progress::{Progress, Stage},
    state::migrations::MIGRATIONS,
    validate::{Column, Validation, parse_time, validate},
};

mod error;
pub mod job;
mod source;
pub mod watermark;
mod hashes;
mod target;
mod upsert;
mod outcome;
mod progress;
mod state;
mod keys;
mod cycle;
mod validate;
mod service;
mod commands;
mod app;
