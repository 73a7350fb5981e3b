//! `bench`: measures the throughput and latency of the pipeline against the speed of the machine.

mod settings;

mod output;
mod server;

mod scenario;

mod stream;

mod run;

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = settings::Settings::parse();
    tokio::select! {
        outcome = run::run(&settings) => outcome,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    }
}
