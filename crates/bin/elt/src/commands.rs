//! The subcommands of elt-service, and the arguments of `run`.

use std::io::Write;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use runtime::CommandSettings;

use self::{
    backfill::Backfill, new::New, resync::Resync, run::RunJobs, status::StatusCommand, validate::Validate,
    verify::Verify,
};

mod jobs;
mod outcome;
mod bar;
mod cycle;
mod new;
mod validate;
mod run;
mod verify;
mod resync;
mod backfill;
mod status;

/// The subcommands that only elt-service has.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// `run` with names of jobs.
    #[command(skip)]
    RunJobs(RunJobs),
    /// Prints a job file for a table, made from the catalog of the source database.
    New(New),
    /// Checks job files on both databases: prepares and plans all statements, and rolls everything back.
    ///
    /// For each file, prints the columns, the cursor, the warnings, and whether one statement upserts all rows. If rows are upserted row by
    /// row, prints why. The exit code is 64 if a file is wrong, and 69 if a database is unreachable.
    Validate(Validate),
    /// Compares target tables with the source, row by row. Changes nothing.
    ///
    /// For each table, prints how many rows are missing, different and extra, with some of their keys. The exit code is 1 if a table
    /// differs or cannot be compared.
    Verify(Verify),
    /// Reads the whole table of a job again, and repairs the rows that differ. Rows that are equal are not written.
    Resync(Resync),
    /// Upserts the rows of a range of time again. Deletes nothing, and leaves the watermark as it is.
    Backfill(Backfill),
    /// Prints each job with its state, last run, rows, watermark, next run and note. Changes nothing.
    Status(StatusCommand),
}

impl Commands {
    /// Gives `run` its arguments.
    pub(crate) fn add_run_arguments(command: clap::Command) -> clap::Command {
        command.mut_subcommand("run", |run| {
            RunJobs::augment_args(run)
                .about("Runs the service until SIGTERM or SIGINT (the default), or one cycle of each job that is named")
                .long_about(
                    "Runs the service until SIGTERM or SIGINT. This is the default.\n\nIf jobs are named, runs one cycle of each job \
                     instead, and prints what the cycle did. The exit code is 1 if a cycle has failed, if another process has the \
                     table, or if a cycle was held: it would have deleted too many rows, and has deleted none.",
                )
        })
    }
}

impl runtime::Commands for Commands {
    fn instead_of_run(arguments: &ArgMatches) -> Result<Option<Self>, clap::Error> {
        let run = RunJobs::from_arg_matches(arguments)?;
        Ok((!run.is_the_service()).then_some(Self::RunJobs(run)))
    }

    async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::RunJobs(command) => command.act(settings, out).await,
            Self::New(command) => command.act(settings, out).await,
            Self::Validate(command) => command.act(settings, out).await,
            Self::Verify(command) => command.act(settings, out).await,
            Self::Resync(command) => command.act(settings, out).await,
            Self::Backfill(command) => command.act(settings, out).await,
            Self::Status(command) => command.act(settings, out).await,
        }
    }
}
