//! Settings of the demo, from arguments or environment variables (`make demo ORDERS=1000`).

use std::path::PathBuf;

use clap::Parser;
use clap::builder::FalseyValueParser;

/// Runs the whole pipeline on real parts and says whether every number is right.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Settings {
    /// Distinct orders to generate.
    #[arg(long, env = "ORDERS", default_value_t = 50_000)]
    pub(crate) orders: u64,
    /// Everything random follows from this number.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A folder with orders.jsonl and reference.jsonl, plain or .gz, to use instead.
    #[arg(long, env = "DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Leave everything running until Ctrl-C, and its folder in place.
    #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) keep: bool,
}
