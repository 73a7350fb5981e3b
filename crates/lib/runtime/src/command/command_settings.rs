//! The settings a process was given, from which each subcommand takes what it needs.

use clap::{ArgMatches, Args};
use database::{Database, Migrations};

use crate::{ExitError, command::usage, schema, settings::DatabaseSettings};

/// The settings that were given, on the command line or by the environment.
#[derive(Debug)]
pub struct CommandSettings {
    service: &'static str,
    migrations: Option<&'static Migrations>,
    matches: ArgMatches,
}

impl CommandSettings {
    pub(crate) const fn new(
        service: &'static str,
        migrations: Option<&'static Migrations>,
        matches: ArgMatches,
    ) -> Self {
        Self { service, migrations, matches }
    }

    /// One group of the settings; only what belongs to it has to be there.
    ///
    /// # Errors
    /// When a setting of the group is missing or malformed.
    pub fn read<Group: Args>(&self) -> Result<Group, ExitError> {
        let group = Group::augment_args(clap::Command::new(""));
        let missing = group
            .get_arguments()
            .find(|argument| argument.is_required_set() && !self.matches.contains_id(argument.get_id().as_str()));
        if let Some(argument) = missing {
            let name = usage::variable(argument.get_id().as_str());
            return Err(ExitError::Config(format!("{name} is not set; `--help` says what it means")));
        }
        Group::from_arg_matches(&self.matches).map_err(|error| usage::one_line(&error, usage::variable))
    }

    /// The arguments of the subcommand `run`.
    pub(crate) fn run_arguments(&self) -> Option<&ArgMatches> {
        self.matches.subcommand_matches("run")
    }

    /// The binary that was started: `stg-service`.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// The database of `DATABASE_URL`, for a command: connected to once, and refused if it lacks tables of this release.
    ///
    /// # Errors
    /// As [`CommandSettings::read`], and when the database does not answer.
    pub async fn database(&self) -> Result<Database, ExitError> {
        let database = self.read::<DatabaseSettings>()?.connection(self.service)?;
        if let Some(migrations) = self.migrations {
            schema::require(&database, migrations, self.service).await?;
        }
        Ok(Database::new(&database))
    }
}
