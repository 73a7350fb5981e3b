//! `workload`: generates orders, and loads them into a running pipeline.

mod cli;

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    cli::Command::parse().run().await
}
