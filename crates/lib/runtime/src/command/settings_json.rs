//! `settings`: every setting of the service as JSON, for the chart, compose files and tests.

use std::{any::TypeId, path::PathBuf};

use clap::Arg;
use serde::Serialize;

use crate::settings::Secret;

/// The settings of a service, for programs that configure it.
#[derive(Debug, Serialize)]
pub struct SettingsJson {
    service: String,
    settings: Vec<Setting>,
}

/// A setting, with the text of `--help`.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    /// The name of the variable. `NAME_FILE` is read as well.
    name: String,
    default: Option<String>,
    /// Whether the service does not start without it.
    required: bool,
    /// Whether the value is secret.
    secret: bool,
    /// Whether the value is the path of a file that must exist.
    file: bool,
    /// The possible values, if there is a fixed list.
    values: Vec<String>,
    help: String,
}

impl SettingsJson {
    /// Selects the settings among the arguments of `command`: those that have a variable and are not hidden.
    pub(crate) fn of(command: &clap::Command) -> Self {
        let settings = command.get_arguments().filter(|argument| !argument.is_hide_set()).filter_map(setting).collect();
        Self { service: command.get_name().to_owned(), settings }
    }
}

fn setting(argument: &Arg) -> Option<Setting> {
    let text = |part: &clap::builder::OsStr| part.to_string_lossy().into_owned();
    let holds = |kind: TypeId| argument.get_value_parser().type_id() == kind;
    let help = argument.get_long_help().or_else(|| argument.get_help());
    Some(Setting {
        name: argument.get_env()?.to_str()?.to_owned(),
        default: argument.get_default_values().first().map(text),
        required: argument.is_required_set(),
        secret: holds(TypeId::of::<Secret>()),
        file: holds(TypeId::of::<PathBuf>()),
        values: argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
        help: help.map(ToString::to_string).unwrap_or_default().replace("\n\n", " "),
    })
}
