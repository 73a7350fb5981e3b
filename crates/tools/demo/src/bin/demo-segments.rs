//! `demo-segments`: orders become tags, tags become members of segments, and subscribers get every change.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    demo::segments(demo::SegmentsSettings::parse()).await
}
