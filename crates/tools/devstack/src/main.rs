//! `devstack`: a stack for a shell (`up`), or for the time of one command (`run`).

mod run;
mod up;

use std::process::ExitCode;

use clap::Parser;

/// Runs real Kafka, PostgreSQL and Redis on free loopback ports.
#[derive(Parser)]
#[command(version)]
enum Command {
    Up(up::Arguments),
    Run(run::Arguments),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Command::parse() {
        Command::Up(arguments) => up::up(arguments).await,
        Command::Run(arguments) => run::run(arguments).await,
    }
}
