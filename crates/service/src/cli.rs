//! The command line: one subcommand, and settings from the environment; or one line that says what is wrong.

use std::ffi::OsString;

use clap::{
    ArgMatches, Args, FromArgMatches, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{Description, Refusal, environment, settings::Settings};

/// What the process is asked to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Work until told to stop (the default).
    #[default]
    Run,
    /// Bring the schema of the warehouse up to date, and end.
    Migrate,
    /// Look at settings, connections, topics and schema, one line each, and end.
    Check,
}

/// What was asked for, and with which settings.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) command: Command,
    matches: ArgMatches,
}

/// Why there is nothing to do.
#[derive(Debug)]
pub(crate) enum Ended {
    /// `--help` or `--version`: the text answers everything.
    Answered(clap::Error),
    /// The command line or the environment is wrong.
    Refused(Refusal),
}

impl Cli {
    /// Reads the arguments and the environment; an argument outranks a variable.
    pub(crate) fn parse<Own: Args>(
        description: &Description,
        arguments: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Ended> {
        let reference = command::<Own>(description);
        let mut arguments = arguments.into_iter();
        let mut line: Vec<OsString> = arguments.next().into_iter().collect();
        line.extend(environment::arguments(&reference, variable).map_err(Ended::Refused)?);
        line.extend(arguments);

        // What is missing is for `Cli::read` to say, because not every subcommand needs everything.
        let parser = reference.clone().mut_args(|argument| argument.required(false).env(None::<&str>));
        let matches = match parser.try_get_matches_from(&line) {
            Ok(matches) => matches,
            Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                return Err(Ended::Answered(reference.try_get_matches_from(line).err().unwrap_or(error)));
            }
            Err(error) => return Err(Ended::Refused(one_line(&error))),
        };
        let command = match matches.subcommand() {
            Some(_) => Command::from_arg_matches(&matches).map_err(|error| Ended::Refused(one_line(&error)))?,
            None => Command::default(),
        };
        Ok(Self { command, matches })
    }

    /// One group of the settings; only what belongs to it has to be there.
    pub(crate) fn read<Group: Args>(&self) -> Result<Group, Refusal> {
        let group = Group::augment_args(clap::Command::new(""));
        let missing = group
            .get_arguments()
            .find(|argument| argument.is_required_set() && !self.matches.contains_id(argument.get_id().as_str()));
        if let Some(argument) = missing {
            let name = variable(argument.get_id().as_str());
            return Err(Refusal::Settings(format!("{name} is not set; `--help` says what it means")));
        }
        Group::from_arg_matches(&self.matches).map_err(|error| one_line(&error))
    }
}

/// The reference of the settings: what `--help` prints.
fn command<Own: Args>(description: &Description) -> clap::Command {
    let shared = Settings::augment_args(clap::Command::new(description.name));
    let all = Own::augment_args(shared.next_help_heading("This service"));
    let command = Command::augment_subcommands(all)
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

/// Clap's page about an error in one line, which names the variable and never repeats a value on its own account.
fn one_line(error: &clap::Error) -> Refusal {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return Refusal::Settings(format!("{first}; see --help"));
    };
    let flag = argument.split([' ', '=']).next().unwrap_or_default();
    let name = variable(flag.trim_start_matches('-'));
    Refusal::Settings(match (error.kind(), error.get(ContextKind::ValidValue), std::error::Error::source(error)) {
        (ErrorKind::UnknownArgument, ..) => format!("there is no {flag}; see --help"),
        (_, Some(ContextValue::Strings(valid)), _) => format!("{name} must be one of {}", valid.join(", ")),
        (_, _, Some(reason)) => format!("{name}: {reason}"),
        _ => format!("{name} cannot be read; `--help` says what it means"),
    })
}

/// `--batch-size` as the environment calls it.
fn variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests;
