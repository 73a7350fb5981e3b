//! Settings of the demo, from arguments or environment variables (`make demo ORDERS=1000`).

use std::path::PathBuf;

use clap::Parser;
use clap::builder::FalseyValueParser;

/// Runs the whole pipeline on real servers and checks every number.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Settings {
    /// Number of distinct orders to generate.
    #[arg(long, env = "ORDERS", default_value_t = 50_000)]
    pub(crate) orders: u64,
    /// Seed of all random choices.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder with orders.jsonl and reference.jsonl, plain or .gz, instead of generated orders.
    #[arg(long, env = "DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Keeps everything running until Ctrl-C, and keeps the folder.
    #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) keep: bool,
}
