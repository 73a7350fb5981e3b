//! Settings of the demo, from arguments or environment variables (`make demo-segments ORDERS=20000`).

use clap::Parser;
use clap::builder::FalseyValueParser;

/// Follows orders to tags, members of segments and subscribers, and checks every member.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Settings {
    /// Number of distinct orders to generate.
    #[arg(long, env = "ORDERS", default_value_t = 5_000)]
    pub(crate) orders: u64,
    /// Seed of all random choices.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keeps everything running until Ctrl-C, and keeps the folder.
    #[arg(long, env = "KEEP", value_parser = FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub(crate) keep: bool,
}
