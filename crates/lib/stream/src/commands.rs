//! The subcommands of a service that reads a topic.

use std::io::Write;

use clap::Subcommand;
use runtime::{CommandSettings, Commands};

use crate::dead_letters::DeadLetters;

/// `dead-letters`, and the subcommands that only this service has.
#[derive(Debug, Subcommand)]
pub enum StreamCommands<Own: Subcommand> {
    /// Lists dead letters (records that this service could not use), or sends them back to the source topic.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    DeadLetters(DeadLetters),
    /// The subcommands of this service.
    #[command(flatten)]
    Own(Own),
}

impl<Own: Commands> Commands for StreamCommands<Own> {
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::DeadLetters(command) => command.act(settings, out).await,
            Self::Own(command) => command.act(settings, out).await,
        }
    }
}
