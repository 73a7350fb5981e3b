//! The example service as a process: everything the shell gives to a service without Kafka.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod process;
mod shell;
