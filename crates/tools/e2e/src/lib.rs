//! Fixture of the end-to-end tests: the three service binaries as processes, with separate topics, database and Redis
//! database.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use e2e::{Layer, Pipeline, Workload};
//!
//! let pipeline = Pipeline::start(1).await?; // on the stack all tests share; `start_on` takes one of your own
//! let week = Workload::dirty(1, 300);
//! pipeline.name(&week.reference).await?;
//! pipeline.load(&week.events).await?;
//!
//! let dds = pipeline.service(Layer::Dds).env("FAILPOINTS", "stored=3*off->return").spawn()?;
//! dds.wait().await?; // it kills itself
//! let _services = pipeline.start_all().await?; // dropped, they are killed
//!
//! pipeline.settled().await?;
//! pipeline.audit().await?;
//! pipeline.assert_marts(&week.expected()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Everything fails with a text that says what was expected; a pipeline that is dropped prints the ends of its logs, and
//! the test harness shows them if the test has failed.

pub use self::{
    layer::Layer,
    pipeline::Pipeline,
    process::{Process, Service},
    servers::kafka::Record,
    snapshot::Snapshot,
    tags::Told,
    wait::until,
    workload::Workload,
};

mod wait;
mod layer;
mod pipeline;
mod program;
mod process;
mod services;
mod servers;
mod snapshot;
mod audit;
mod marts;
mod tags;
mod wait_idle;
mod summarized;
mod workload;
