//! The subcommands only CDM has.

use std::io::Write;

use clap::Subcommand;
use database::statement;
use runtime::CommandSettings;
use stream::rebuild;

use self::rules::Rules;

mod rules;

/// The subcommands only CDM has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Have the marts built anew from the source topic: prepares, and returns; the service does the rest when it is
    /// started. Readers see the marts as they are until the new ones are complete. Refused while the service runs.
    Rebuild,
    /// The rules by which users are tagged: `list`, `add`, `set`, `remove`, and `preview` what that would do.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    Rules(Rules),
}

impl runtime::Commands for Commands {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::Rebuild => {
                let emptying = [statement!("cdm/marts/lock_marts"), statement!("cdm/rebuild/truncate_rebuilt_marts")];
                rebuild::prepare(settings, &emptying, out).await
            }
            Self::Rules(rules) => rules.run(&settings.database().await?, out).await,
        }
    }
}
