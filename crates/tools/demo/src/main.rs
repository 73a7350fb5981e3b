//! `demo`: runs the whole pipeline on real servers and checks every number.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    demo::orders(demo::Settings::parse()).await
}
