//! What is wrong with a command line or a setting, in one line.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::ExitError;

/// Clap's page about an error in one line, which names the argument and never repeats a value on its own account. `named`
/// says how a person knows the argument: a setting by its variable.
pub(crate) fn one_line(error: &clap::Error, named: impl Fn(&str) -> String) -> ExitError {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if error.kind() != ErrorKind::ArgumentConflict => argument,
        Some(ContextValue::Strings(missing)) => {
            return ExitError::Config(format!("{} is missing; see --help", missing.join(" ")));
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return ExitError::Config(format!("{first}; see --help"));
        }
    };
    let flag = argument.split([' ', '=']).next().unwrap_or_default();
    let name = named(flag);
    ExitError::Config(match (error.kind(), error.get(ContextKind::ValidValue), std::error::Error::source(error)) {
        (ErrorKind::UnknownArgument, ..) => format!("there is no {flag}; see --help"),
        (_, Some(ContextValue::Strings(valid)), _) => format!("{name} must be one of {}", valid.join(", ")),
        (_, _, Some(reason)) => format!("{name}: {reason}"),
        _ => format!("{name} cannot be read; `--help` says what it means"),
    })
}

/// `--batch-size`, or `batch_size`, as the environment calls it.
pub(crate) fn variable(name: &str) -> String {
    name.trim_start_matches('-').to_uppercase().replace('-', "_")
}

/// A setting by its variable; what belongs to a subcommand, as it is written there.
pub(crate) fn setting_or_flag(reference: &clap::Command, flag: &str) -> String {
    let long = flag.trim_start_matches('-');
    let is_setting = reference.get_arguments().any(|argument| argument.get_long() == Some(long));
    if is_setting { variable(flag) } else { flag.trim_matches(['[', ']', '<', '>', '.']).to_owned() }
}
