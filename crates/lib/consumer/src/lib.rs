//! The consumer loop of a service: it reads a microbatch, decodes it, stores it in one transaction, publishes the
//! resulting messages and commits the offsets.
//!
//! The crate contains no business logic and no driver. A [`Processor`] decodes and stores records, a [`Source`] reads
//! them, and a [`Publisher`] sends messages. [`Worker`] runs the three and guarantees:
//!
//! - Offsets are committed only after the transaction *and* the acknowledgement of every message.
//! - One row of invalid data costs one record.
//! - The record that causes a repeated error is named in the log and in `/ready`.
//! - If a dependency is unreachable, the loop waits.
//! - A stop finishes or abandons the current batch.

pub use self::{health::loop_health, ports::outcome, ports::processor, ports::publisher, ports::record, ports::source};

pub use self::{
    backoff::Backoff,
    health::log_limiter::{LeftOut, LogLimiter},
    health::loop_health::{LoopHealth, Step, Waiting},
    health::metrics::describe as describe_metrics,
    health::readiness::export_waiting,
    health::stall::{Stall, StallCause},
    ports::dependency::{Dependency, DependencyError, Fault},
    ports::outcome::{Outcome, Rejection},
    ports::processor::{Failure, MAX_BATCH_OUTPUT_BYTES, OutboxBatch, Processor, StoreResult},
    ports::publisher::{DeadLetter, Message, Publisher},
    ports::record::{Coordinates, Header, Record, Unread},
    ports::source::Source,
    shutdown::Shutdown,
    worker::{Settings, Worker},
};

/// The wall clock, as an argument: tests set it, the process passes the system's.
pub type Clock = fn() -> std::time::SystemTime;

mod ports;
mod health;
mod shutdown;
mod backoff;
mod batch;
mod bisection;
mod worker;
mod store_and_publish;
mod in_flight;
mod run;
