//! `bench`: how fast the pipeline is, against how fast the machine is.

mod settings;

mod figures;
mod machine;
mod progress;
mod series;

mod huge_pages;
mod fixture;
mod drain;
mod floor;
mod statements;

mod report;

mod stream;

mod history;
mod live;
mod tags;
mod views;
mod rounds;

mod chart;
mod table;

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
