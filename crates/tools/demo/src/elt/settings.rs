//! Settings of the demo, from arguments or environment variables (`make demo-elt ROWS=20000`).

use clap::Parser;
use clap::builder::FalseyValueParser;

/// Copies a master database that changes to an analytical one, under faults, and compares every row.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Settings {
    /// Orders of the first load. A million have 50,000 users and 20,000 products.
    #[arg(long, env = "ROWS", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=20_000_000))]
    pub(crate) rows: u32,
    /// Seed of all random choices.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keep everything running until Ctrl-C, and keep the folder.
    #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) keep: bool,
}
