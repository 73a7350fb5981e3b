//! `rebuild`: empties the vault, which is then filled again from its topic.

use std::io::Write;

use clap::Subcommand;
use database::statement;
use runtime::{CommandSettings, Confirmation};
use stream::rebuild;

/// The subcommands that only DDS has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Empties the vault and prepares to fill it again from the source topic.
    ///
    /// Stop every replica first. The command shows what it does, asks, empties the vault and returns. The service does the rest when it
    /// is started. Nothing is published until the vault is complete again. The exit code is 69 while the service runs.
    Rebuild {
        /// Whether to begin, to ask first, or to show what would happen.
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let Self::Rebuild { confirmation } = self;
        let effect = "the vault is emptied at once, and nothing is published until it is complete again";
        let plan = rebuild::Plan { effect, emptying: &[statement!("dds/vault/truncate_vault")] };
        rebuild::prepare(settings, confirmation, plan, out).await
    }
}
