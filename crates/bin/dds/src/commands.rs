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
    /// Stop every replica first. While a replica runs, the command changes nothing and exits with code 69. Otherwise it shows what it would
    /// do, asks for confirmation, and empties the vault. Then start the service again: it fills the vault, and publishes nothing until the
    /// vault is complete.
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
