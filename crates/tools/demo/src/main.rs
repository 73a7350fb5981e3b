//! `demo`: runs the whole pipeline on real servers and checks every number.

mod settings;

mod data;

mod services;
mod fixture;

mod drive;
mod wait_idle;

mod findings;
mod report;

mod run;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    run::run(settings::Settings::parse()).await
}
