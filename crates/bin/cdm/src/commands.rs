//! Subcommands that only CDM has: `rebuild`, `rules`.

use std::io::Write;

use clap::Subcommand;
use database::statement;
use runtime::{CommandSettings, Confirmation};
use stream::rebuild;

use self::rules::Rules;

mod rules;

/// The subcommands that only CDM has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Prepares to build the marts again from the source topic.
    ///
    /// Stop every replica first. While a replica runs, the command changes nothing and exits with code 69. Otherwise it shows what it would
    /// do, asks for confirmation, and prepares the rebuild. Then start the service again: it builds the marts. Readers see the old marts
    /// until the new ones are complete.
    Rebuild {
        /// Whether to begin, to ask first, or to show what would happen.
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Lists and changes the tag rules.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    Rules(Rules),
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::Rebuild { confirmation } => {
                let emptying = [statement!("cdm/marts/lock_marts"), statement!("cdm/rebuild/truncate_rebuilt_marts")];
                let effect = "readers see the old marts until the new ones are complete";
                rebuild::prepare(settings, confirmation, rebuild::Plan { effect, emptying: &emptying }, out).await
            }
            Self::Rules(rules) => rules.run(settings, out).await,
        }
    }
}
