//! The command line: one subcommand, and settings from the environment; or one line that says what is wrong.

use std::ffi::OsString;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand, error::ErrorKind};

use crate::{
    CommandSettings, Description, ExitError,
    command::environment,
    command::settings_json::SettingsJson,
    command::usage,
    dead_letters::DeadLetters,
    settings::{Settings, text},
};

/// What the process is asked to do; `Own` is what only this service can.
#[derive(Debug, Subcommand)]
pub(crate) enum Command<Own: Subcommand> {
    /// Work until told to stop (the default).
    Run,
    /// Bring the schema of the warehouse up to date, and end.
    Migrate,
    /// Look at settings, connections, topics and schema, one line each, and end.
    Check,
    /// Ask the service that runs on this machine whether it is healthy, as a container's own probe, and end.
    Healthcheck,
    /// Print every setting as JSON: name, default, whether it is required, whether it is a secret.
    Settings,
    /// `list` the records this service could not use, or `replay` them: send them back to where they came from.
    #[command(subcommand, arg_required_else_help = false, disable_help_subcommand = true)]
    DeadLetters(DeadLetters),
    /// What only this service can.
    #[command(flatten)]
    Own(Own),
}

/// What was asked for, and with which settings.
#[derive(Debug)]
pub(crate) struct Cli<Own: Subcommand> {
    pub(crate) command: Command<Own>,
    pub(crate) settings_json: SettingsJson,
    pub(crate) settings: CommandSettings,
}

/// Why there is nothing to do.
#[derive(Debug)]
pub(crate) enum ParseEnd {
    /// `--help` or `--version`: the text answers everything.
    Help(clap::Error),
    /// The command line or the environment is wrong.
    Invalid(ExitError),
}

impl<Own: Subcommand> Cli<Own> {
    /// Reads the arguments and the environment; an argument outranks a variable.
    pub(crate) fn parse<OwnSettings: Args>(
        description: &Description,
        arguments: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ParseEnd> {
        let settings_json = command::<OwnSettings, Own>(description);
        let mut arguments = arguments.into_iter();
        let mut line: Vec<OsString> = arguments.next().into_iter().collect();
        line.extend(environment::arguments(&settings_json, variable).map_err(ParseEnd::Invalid)?);
        line.extend(arguments);

        let refused = |error: &clap::Error| {
            ParseEnd::Invalid(usage::one_line(error, |name| usage::setting_or_flag(&settings_json, name)))
        };
        // What is missing is for `CommandSettings::read` to say, because not every subcommand needs everything.
        let parser = settings_json.clone().mut_args(|argument| argument.required(false).env(None::<&str>));
        let matches = match parser.try_get_matches_from(&line) {
            Ok(matches) => matches,
            Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                return Err(ParseEnd::Help(settings_json.try_get_matches_from(line).err().unwrap_or(error)));
            }
            Err(error) => return Err(refused(&error)),
        };
        check_texts(&settings_json, &matches).map_err(ParseEnd::Invalid)?;
        let command = match matches.subcommand() {
            Some(_) => Command::from_arg_matches(&matches).map_err(|error| refused(&error))?,
            None => Command::Run,
        };
        Ok(Self {
            command,
            settings_json: SettingsJson::of(&settings_json),
            settings: CommandSettings::new(description.name, matches),
        })
    }
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
fn command<OwnSettings: Args, Own: Subcommand>(description: &Description) -> clap::Command {
    let shared = Settings::augment_args(clap::Command::new(description.name));
    let all = OwnSettings::augment_args(shared.next_help_heading("This service"));
    let command = Command::<Own>::augment_subcommands(all)
        // After the groups, whose doc comments would stand here otherwise.
        .about(description.about)
        .long_about(None)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(
            "Every variable NAME may come from a file instead: NAME_FILE=/path. An empty one counts as not set.",
        )
        .args_override_self(true)
        .subcommand_required(false)
        .disable_help_subcommand(true)
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_arg("kafka_group_id", |group| group.default_value(description.name).required(false))
        .mut_arg("kafka_source_topic", |topic| topic.default_value(description.source_topic).required(false))
        .mut_arg("kafka_dead_letter_topic", |topic| topic.default_value(description.dead_letter_topic).required(false));
    match description.destination_topic {
        Some(name) => command.mut_arg("kafka_destination_topic", |topic| topic.default_value(name)),
        None => command.mut_arg("kafka_destination_topic", |topic| topic.hide(true)),
    }
}

#[cfg(test)]
mod tests;
