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
    /// Prints a job file for a table of the source database, made from its catalog.
    New(New),
    /// Checks job files against both databases: everything is prepared and planned, and rolled back.
    ///
    /// Prints the columns, the cursor, whether rows are upserted by one statement or row by row and why, and warnings. The exit code is 64
    /// if a file is wrong, and 69 if a database is away.
    Validate(Validate),
    /// Compares target tables with the source, row by row. Changes nothing.
    ///
    /// Prints how many rows are missing, different and extra, with some keys. The exit code is 1 if there are any.
    Verify(Verify),
    /// Reads the whole table of a job again, and repairs what differs. Rows that are equal are not written.
    Resync(Resync),
    /// Upserts the rows of a range of the cursor again. Nothing is deleted, and the watermark stays.
    Backfill(Backfill),
    /// Prints the jobs: state, last run, rows, watermark, next run, note. Changes nothing.
    Status(StatusCommand),
}

impl Commands {
    /// Gives `run` its arguments.
    pub(crate) fn add_run_arguments(command: clap::Command) -> clap::Command {
        command.mut_subcommand("run", |run| {
            RunJobs::augment_args(run)
                .about("Runs the service until SIGTERM or SIGINT. With names of jobs: one cycle of each. This is the default")
                .long_about(
                    "Runs the service until SIGTERM or SIGINT. This is the default.\n\nWith names of jobs: runs one cycle of each and \
                     prints what it did. The exit code is 1 if a cycle failed or held deletes back.",
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
