//! Tests of the workload: the generator, the files, the loader, the model, the master database.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test itself")]

mod files;
mod generator;
mod load;
mod master;
mod model;
