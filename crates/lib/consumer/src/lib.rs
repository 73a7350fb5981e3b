//! The loop of a Tagmill service, written once: read a microbatch, decode it, store it in one transaction, publish what
//! follows from it, commit its offsets.
//!
//! The crate is pure of business and of drivers. What a layer does with its events is a [`Processor`]; where records come
//! from and where messages go are a [`Source`] and a [`Publisher`]. [`Worker`] joins the three and owns the promises
//! between them: offsets are committed only after the transaction *and* the acknowledgement of every message, one
//! refused row costs one record, the record behind an error that repeats is named, an absent dependency is waited out,
//! a stop finishes or abandons the batch.

pub use self::{health::loop_health, ports::outcome, ports::processor, ports::publisher, ports::record, ports::source};

pub use self::{
    backoff::Backoff,
    health::loop_health::{LoopHealth, Step, Waiting},
    health::metrics::describe as describe_metrics,
    health::stall::{Stall, StallCause},
    ports::outcome::{Outcome, Rejection},
    ports::processor::{
        Dependency, DependencyError, Failure, Fault, MAX_BATCH_OUTPUT_BYTES, OutboxBatch, Processor, StoreResult,
    },
    ports::publisher::{DeadLetter, Message, Publisher},
    ports::record::{Coordinates, Header, Record},
    ports::source::Source,
    shutdown::Shutdown,
    worker::{Settings, Worker},
};

/// The wall clock, as an argument: a test sets it, the process shell passes the system's.
pub type Clock = fn() -> std::time::SystemTime;

mod ports;
mod health;
mod shutdown;
mod backoff;
mod batch;
mod bisection;
mod worker;
mod in_flight;
mod store_and_publish;
mod failpoint;
