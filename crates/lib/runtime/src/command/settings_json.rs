//! `settings`: every setting of the service as JSON, for what has to name them right: charts, composed environments, tests.

use std::{any::TypeId, path::PathBuf};

use clap::Arg;
use serde::Serialize;

use crate::settings::Secret;

/// What a program has to know about a service to configure it.
#[derive(Debug, Serialize)]
pub struct SettingsJson {
    service: String,
    settings: Vec<Setting>,
}

/// A setting, as `--help` tells it to a person.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    /// The variable. `NAME_FILE` serves as well.
    name: String,
    default: Option<String>,
    /// Whether the service refuses to start without it.
    required: bool,
    /// Whether it must not stand where others can read it.
    secret: bool,
    /// Whether it names a file that has to be there.
    file: bool,
    /// The values it may have, if they can be counted.
    values: Vec<String>,
    help: String,
}

impl SettingsJson {
    /// Of the arguments of `command`, those that are settings: read from a variable, and shown by `--help`.
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
