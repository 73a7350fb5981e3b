//! `demo-elt`: copies a master database that changes to an analytical one, under faults, and compares every row.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    demo::elt(demo::EltSettings::parse()).await
}
