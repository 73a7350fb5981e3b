//! The command line: arguments, environment, subcommands.

pub(crate) mod environment;
pub(crate) mod usage;
pub(crate) mod version;
pub(crate) mod completions;
pub(crate) mod confirmation;
pub(crate) mod settings_json;
pub(crate) mod command_settings;
pub(crate) mod commands;
pub mod cli;
pub(crate) mod shell;
