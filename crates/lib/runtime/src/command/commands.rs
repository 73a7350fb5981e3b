//! The subcommands that only one service has.

use std::{convert::Infallible, io::Write};

use clap::ArgMatches;

use crate::CommandSettings;

/// The subcommands that only one service has: an enum with a variant for each ([`crate::App::Commands`]). `--help`
/// lists them with the others.
#[expect(async_fn_in_trait, reason = "a command runs in the main task, nothing has to be Send")]
pub trait Commands: clap::Subcommand {
    /// The subcommand that replaces `run` for these arguments, which [`crate::App::arguments`] has added. `None`: run the
    /// service.
    ///
    /// # Errors
    /// When the arguments are wrong.
    fn instead_of_run(_arguments: &ArgMatches) -> Result<Option<Self>, clap::Error> {
        Ok(None)
    }

    /// Runs the subcommand and writes its result to `out`.
    ///
    /// # Errors
    /// A [`crate::ExitError`] decides the exit code; any other error is code 1.
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()>;
}

/// No subcommands.
impl Commands for Infallible {
    async fn act(self, _: &CommandSettings, _: &mut impl Write) -> anyhow::Result<()> {
        match self {}
    }
}
