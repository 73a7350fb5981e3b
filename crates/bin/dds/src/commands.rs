//! `rebuild`: the vault is emptied and filled again from its topic.

use std::io::Write;

use clap::Subcommand;
use database::statement;
use runtime::CommandSettings;
use stream::rebuild;

/// The subcommands only DDS has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Empty the vault and have it filled again from the source topic: prepares, and returns; the service does the rest
    /// when it is started. Nothing is published until the vault is complete again. Refused while the service runs.
    Rebuild,
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let Self::Rebuild = self;
        rebuild::prepare(settings, &[statement!("dds/vault/truncate_vault")], out).await
    }
}
