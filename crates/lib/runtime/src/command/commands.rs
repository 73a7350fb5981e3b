//! The subcommands that only one service has.

use std::{convert::Infallible, io::Write};

use clap::ArgMatches;

use crate::CommandSettings;

/// What a service can be asked to do beyond what all of them can: an enum, one variant a subcommand, handed to
/// [`crate::main_with`]. `--help` lists it with the others.
#[expect(async_fn_in_trait, reason = "a command runs in the main task, nothing has to be Send")]
pub trait Commands: clap::Subcommand {
    /// The command that `run` means with these arguments, which [`crate::App::arguments`] has added to it. `None`: run the
    /// service.
    ///
    /// # Errors
    /// When the arguments are wrong.
    fn instead_of_run(_arguments: &ArgMatches) -> Result<Option<Self>, clap::Error> {
        Ok(None)
    }

    /// Does it, and writes to `out` what came of it.
    ///
    /// # Errors
    /// A [`crate::ExitError`] decides the exit code; any other error is code 1.
    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()>;
}

/// None.
impl Commands for Infallible {
    async fn act(self, _: &CommandSettings, _: &mut impl Write) -> anyhow::Result<()> {
        match self {}
    }
}
