//! Services as processes. [`Pipeline`] is the three services of the pipeline with topics, a database and a Redis database
//! of their own; [`Process`] is any service.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use harness::{Layer, Pipeline, Workload};
//!
//! let pipeline = Pipeline::start(1).await?; // on the shared stack; `start_on` uses a stack of your own
//! let week = Workload::dirty(1, 300);
//! pipeline.name(&week.reference).await?;
//! pipeline.load(&week.events).await?;
//!
//! let dds = pipeline.service(Layer::Dds).env("FAILPOINTS", "stored=3*off->return").spawn()?;
//! dds.wait().await?; // it kills itself
//! let _services = pipeline.start_all().await?; // killed when dropped
//!
//! pipeline.wait_idle().await?;
//! pipeline.audit().await?;
//! pipeline.assert_marts(&week.expected()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Every error contains the expected state. A pipeline that is dropped prints the ends of its logs, and the test harness
//! shows them if the test has failed.

pub use self::{
    connection::{Connection, Response},
    layer::Layer,
    pipeline::{Pipeline, service::Service, workload::Workload},
    process::Process,
    program::{Environment, command, migrate},
    servers::kafka::Record,
    stored::{
        audit::{Audit, run_audits, run_segment_audits},
        snapshot::Snapshot,
        tags::PublishedTags,
    },
    wait::until,
};

pub mod hostile;
pub mod webhook;
mod wait;
mod layer;
mod program;
mod connection;
mod process;
mod pipeline;
mod servers;
mod stored;
