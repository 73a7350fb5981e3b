//! Settings of a process. Each subcommand reads the groups of settings that it needs.

use clap::{ArgMatches, Args};
use database::{Database, Migrations};

use crate::{ExitError, command::usage, schema, settings::DatabaseSettings};

/// The settings from the command line and the environment.
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

    /// Reads one group of settings. Required settings of other groups may be missing.
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
            return Err(ExitError::Config(format!("{name} is not set; see `--help`")));
        }
        Group::from_arg_matches(&self.matches).map_err(|error| usage::one_line(&error, usage::variable))
    }

    /// The arguments of the subcommand `run`.
    pub(crate) fn run_arguments(&self) -> Option<&ArgMatches> {
        self.matches.subcommand_matches("run")
    }

    /// The name of the program: `stg-service`.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// The database of `DATABASE_URL`, for a command. There is one attempt to connect. The schema must be up to date.
    ///
    /// # Errors
    /// Those of [`CommandSettings::read`], and when the database does not answer.
    pub async fn database(&self) -> Result<Database, ExitError> {
        let database = self.read::<DatabaseSettings>()?.connection(self.service)?;
        if let Some(migrations) = self.migrations {
            schema::require(&database, migrations, self.service).await?;
        }
        Ok(Database::new(&database))
    }
}
