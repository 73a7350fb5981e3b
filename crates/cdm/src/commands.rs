//! `rebuild`: the marts are built anew from their topic, beside those that people read.

use std::io::Write;

use clap::Subcommand;
use service::{Given, rebuild};
use warehouse::statement;

/// The subcommands only CDM has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Have the marts built anew from the source topic: prepares, and returns; the service does the rest when it is
    /// started. Readers see the marts as they are until the new ones are complete. Refused while the service runs.
    Rebuild,
}

impl service::Commands for Commands {
    async fn act(self, given: &Given, out: &mut impl Write) -> anyhow::Result<()> {
        let Self::Rebuild = self;
        let emptying = [statement!("cdm/lock_marts"), statement!("cdm/truncate_rebuilt_marts")];
        rebuild::prepare(given, &emptying, out).await
    }
}
