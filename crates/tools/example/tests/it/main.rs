//! Tests of the example service as a process: the parts of `runtime` that work without Kafka.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod process;
mod shell;
