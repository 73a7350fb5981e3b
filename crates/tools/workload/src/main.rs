//! `workload`: makes orders, and feeds them to a running pipeline.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    cli::Command::parse().run().await
}
