//! The command line: parsing of the subcommand and of settings, from arguments and the environment.

use std::ffi::OsString;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, error::ErrorKind};

use database::Migrations;

use crate::{
    App, CommandSettings, ExitError,
    command::environment,
    command::settings_json::SettingsJson,
    command::usage,
    command::version::VERSION,
    settings::{Settings, text},
};

pub use crate::command::completions::Shell;

/// The subcommands. `Own`: those of this service only.
#[derive(Debug, Subcommand)]
pub enum Command<Own: Subcommand> {
    /// Runs the service until SIGTERM or SIGINT. This is the default.
    Run,
    /// Applies the migrations that the database lacks, and prints their names.
    Migrate,
    /// Checks settings, connections and schema, and prints a line for each. Changes nothing.
    ///
    /// The exit code is 69 if a line is not `ok`.
    Check,
    /// Requests `/health` of the service on this machine. For the probe of a container.
    ///
    /// The exit code is 1 if the status is not 200 or there is no answer on HTTP_ADDR.
    Healthcheck,
    /// Prints every setting as JSON: name, default, whether it is required, whether it is secret.
    Settings,
    /// Prints the script that lets a shell complete subcommands and options.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// The subcommands of this service.
    #[command(flatten)]
    Own(Own),
}

/// A parsed command line.
#[derive(Debug)]
pub struct Cli<Own: Subcommand> {
    /// The subcommand.
    pub command: Command<Own>,
    /// The reference of the settings.
    pub settings_json: SettingsJson,
    /// The settings from the command line and the environment.
    pub settings: CommandSettings,
}

/// Parsing that ends without a command to run.
#[derive(Debug)]
pub enum ParseEnd {
    /// `--help` or `--version`, with the text to print.
    Help(clap::Error),
    /// The command line or the environment is wrong.
    Invalid(ExitError),
}

/// What distinguishes the command line of one service from another.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The binary.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// The schema of the service.
    pub migrations: Option<&'static Migrations>,
    /// Completes the definitions of the settings.
    pub complete: fn(clap::Command) -> clap::Command,
}

impl Program {
    pub(crate) fn of<A: App>() -> Self {
        Self { name: A::NAME, about: A::ABOUT, migrations: A::MIGRATIONS, complete: A::arguments }
    }
}

impl<Own: Subcommand> Cli<Own> {
    /// Parses the arguments and the environment. An argument takes precedence over a variable.
    ///
    /// # Errors
    /// When help was requested, or the command line or the environment is invalid.
    pub fn parse<OwnSettings: Args>(
        program: &Program,
        arguments: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ParseEnd> {
        let settings_json = command::<OwnSettings, Own>(program);
        let mut arguments = arguments.into_iter();
        let name: Vec<OsString> = arguments.next().into_iter().collect();
        let arguments: Vec<OsString> = arguments.collect();
        // Help must work while a setting is wrong, so it does not read the environment.
        if let Some(help) = help(&settings_json, name.iter().chain(&arguments)) {
            return Err(ParseEnd::Help(help));
        }
        let set = environment::arguments(&settings_json, variable).map_err(ParseEnd::Invalid)?;
        let line: Vec<OsString> = name.into_iter().chain(set).chain(arguments).collect();

        let refused = |error: &clap::Error| {
            ParseEnd::Invalid(usage::one_line(error, |name| usage::setting_or_flag(&settings_json, name)))
        };
        // `CommandSettings::read` reports missing settings, because not every subcommand needs all of them.
        let parser = settings_json.clone().mut_args(|argument| argument.required(false).env(None::<&str>));
        let matches = parser.try_get_matches_from(&line).map_err(|error| refused(&error))?;
        check_texts(&settings_json, &matches).map_err(ParseEnd::Invalid)?;
        let command = match matches.subcommand() {
            Some(_) => Command::from_arg_matches(&matches).map_err(|error| refused(&error))?,
            None => Command::Run,
        };
        Ok(Self {
            command,
            settings_json: SettingsJson::of(&settings_json),
            settings: CommandSettings::new(program.name, program.migrations, matches),
        })
    }
}

/// The text to print if the command line requests help or the version.
fn help<'a>(command: &clap::Command, line: impl Iterator<Item = &'a OsString>) -> Option<clap::Error> {
    // Required settings would appear in the usage of each subcommand.
    let error = command.clone().mut_args(|argument| argument.required(false)).try_get_matches_from(line).err()?;
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion).then_some(error)
}

/// Refuses settings whose text breaks the rule of `settings/text.rs`, wherever they come from.
fn check_texts(settings_json: &clap::Command, matches: &ArgMatches) -> Result<(), ExitError> {
    for argument in settings_json.get_arguments().filter(|argument| argument.get_env().is_some()) {
        let id = argument.get_id().as_str();
        for value in matches.get_raw(id).into_iter().flatten() {
            if let Some(why) = value.to_str().and_then(text::objection) {
                return Err(ExitError::Config(format!("{} {why}", usage::variable(id))));
            }
        }
    }
    Ok(())
}

/// The reference of the settings: what `--help` prints.
#[must_use]
pub fn command<OwnSettings: Args, Own: Subcommand>(program: &Program) -> clap::Command {
    let own = OwnSettings::augment_args(clap::Command::new(program.name).next_help_heading("This service"));
    let command = Command::<Own>::augment_subcommands(Settings::augment_args(own))
        // After the groups, whose doc comments would otherwise be the text.
        .about(program.about)
        .long_about(None)
        .version(VERSION.as_str())
        .override_usage(format!("{} [SETTINGS] [COMMAND]", program.name))
        .after_help(
            "A setting is an option before the subcommand, or an environment variable. If both are given, the option is used. With \
             NAME_FILE=/path, the value of the variable NAME is read from that file. An empty variable counts as not set.",
        )
        .args_override_self(true)
        .subcommand_required(false)
        .mut_args(|argument| argument.hide_env_values(true));
    (program.complete)(command)
}
