//! Errors of the command line, in one line each: the error, a similar name, and the command that prints help.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::ExitError;

/// Clap's page about an error in one line. It repeats a word of the command line only if the word cannot be a secret. `named` returns
/// the name under which a person knows an argument: a setting by its variable.
pub(crate) fn one_line(error: &Error, named: impl Fn(&str) -> String) -> ExitError {
    ExitError::Config(match error.kind() {
        ErrorKind::UnknownArgument => pointing_to_help(error, &unknown_argument(error, &named)),
        ErrorKind::InvalidSubcommand => pointing_to_help(error, &unknown_subcommand(error)),
        ErrorKind::MissingSubcommand => pointing_to_help(error, &missing_subcommand(error)),
        ErrorKind::MissingRequiredArgument => {
            let missing = strings(error, ContextKind::InvalidArg).join(" ");
            pointing_to_help(error, &format!("{missing} is missing"))
        }
        ErrorKind::ArgumentConflict => {
            let others: Vec<&str> = strings(error, ContextKind::PriorArg).into_iter().map(flag).collect();
            let argument = argument(error);
            pointing_to_help(error, &format!("{argument} excludes {}", others.join(" and ")))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => invalid_value(error, &named(argument(error))),
        _ => {
            let text = error.to_string();
            pointing_to_help(error, text.lines().next().unwrap_or_default().trim_start_matches("error: "))
        }
    })
}

fn unknown_argument(error: &Error, named: impl Fn(&str) -> String) -> String {
    let argument = argument(error);
    let name = named(argument);
    if !argument.starts_with('-') {
        return if is_word(argument) {
            format!("`{argument}` is one argument too many")
        } else {
            "there is one argument too many".to_owned()
        };
    }
    if name != argument {
        return format!("`{argument}` is a setting and stands before the subcommand");
    }
    format!("there is no option {}{}", quoted(argument), suggestion(error, ContextKind::SuggestedArg))
}

fn unknown_subcommand(error: &Error) -> String {
    let text = strings(error, ContextKind::InvalidSubcommand).concat();
    format!("there is no subcommand {}{}", quoted(&text), suggestion(error, ContextKind::SuggestedSubcommand))
}

fn missing_subcommand(error: &Error) -> String {
    let valid = strings(error, ContextKind::ValidSubcommand).into_iter().filter(|name| *name != "help");
    let valid: Vec<String> = valid.map(quoted).collect();
    let command = strings(error, ContextKind::InvalidSubcommand).concat();
    format!("`{command}` needs a subcommand: {}", valid.join(" or "))
}

fn invalid_value(error: &Error, name: &str) -> String {
    let valid = strings(error, ContextKind::ValidValue);
    match error.source() {
        Some(reason) => format!("{name}: {reason}"),
        None if !valid.is_empty() => format!("{name} must be one of {}", valid.join(", ")),
        None => format!("{name} needs a value"),
    }
}

/// `; did you mean …?`, if something similar exists.
fn suggestion(error: &Error, kind: ContextKind) -> String {
    let similar: Vec<String> = strings(error, kind).into_iter().map(quoted).collect();
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(" or ")) }
}

/// Adds the command that prints help for this error. Clap's usage begins with the name of the command.
fn pointing_to_help(error: &Error, text: &str) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    let words = usage.split_whitespace().skip(1);
    let command: Vec<&str> = words.take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    let command = if command.is_empty() { String::new() } else { format!("{} ", command.join(" ")) };
    let (mark, see) = if text.ends_with('?') { ("", "See") } else { (";", "see") };
    format!("{text}{mark} {see} `{command}--help`")
}

/// The argument that the error is about: `--batch-size`, `<TIMES>`.
fn argument(error: &Error) -> &str {
    strings(error, ContextKind::InvalidArg).first().copied().map_or("", flag)
}

/// `--batch-size` of `--batch-size <RECORDS>`.
fn flag(argument: &str) -> &str {
    argument.split([' ', '=']).next().unwrap_or_default()
}

/// The texts of an error for a kind of context.
fn strings(error: &Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A word in quotes. Any other text is not repeated, because it may be a URL with a password.
fn quoted(text: &str) -> String {
    if is_word(text) { format!("`{text}`") } else { "of this name".to_owned() }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
}

/// Converts `--batch-size` to `batch_size`, the form of the variable.
pub(crate) fn variable(name: &str) -> String {
    name.trim_start_matches('-').to_uppercase().replace('-', "_")
}

/// The name of an argument: the variable of a setting, otherwise the argument as written.
pub(crate) fn setting_or_flag(reference: &clap::Command, flag: &str) -> String {
    let long = flag.trim_start_matches('-');
    let is_setting = reference.get_arguments().any(|argument| argument.get_long() == Some(long));
    if is_setting { variable(flag) } else { flag.trim_matches(['[', ']', '<', '>', '.']).to_owned() }
}
