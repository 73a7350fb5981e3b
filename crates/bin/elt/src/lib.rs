//! elt-service: job files, and what they make PostgreSQL do.
//!
//! [`job`] reads a job file into a [`Job`] or into problems that name file, line, key and remedy. It is pure: bytes in,
//! values out. [`run`] runs one cycle of a job: what changed in M reaches A, what is gone from M goes from A. [`Elt`] is the
//! process: it runs jobs at each tick, and has subcommands for people.
//!
//! The modules follow the data: [`job`]; `source` (M) with the [`watermark`]; `target` (A) with the upsert; `state` with
//! hashes (Redis); `keys`; `cycle`; `service`, `commands`, `app`.

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
    source::watermark,
    state::migrations::MIGRATIONS,
    validate::{Column, Validation, parse_time, validate},
};

mod error;
pub mod job;
mod source;
mod target;
mod outcome;
mod progress;
mod state;
mod keys;
mod cycle;
mod validate;
mod service;
mod commands;
mod app;
