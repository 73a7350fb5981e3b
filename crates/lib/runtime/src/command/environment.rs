//! The environment as command-line arguments: `BATCH_SIZE=5` is `--batch-size=5`, and `BATCH_SIZE_FILE` names a file
//! that holds the value.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use crate::{ExitError, settings::text};

/// The arguments for the settings of the environment. `variable` returns the value of a variable.
///
/// An empty variable counts as not set, because a compose file cannot leave one out. Clap can read the environment, but
/// it has neither this rule nor files, and a process cannot safely change its own environment.
pub(crate) fn arguments(
    command: &clap::Command,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, ExitError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut arguments = Vec::new();
    for (name, flag) in command.get_arguments().filter_map(|argument| argument.get_env().zip(argument.get_long())) {
        let Some(name) = name.to_str() else { continue };
        let file = format!("{name}_FILE");
        let value = match (set(name), set(&file)) {
            (None, None) => continue,
            (Some(value), None) => checked(name, value)?,
            (None, Some(path)) => read(&file, path.as_ref())?,
            (Some(_), Some(_)) => {
                return Err(ExitError::Config(format!("{name} and {file} are both set; unset one of them")));
            }
        };
        let mut argument = OsString::from(format!("--{flag}="));
        argument.push(value);
        arguments.push(argument);
    }
    Ok(arguments)
}

/// The text of a file, without the newline at its end that editors and `echo` add.
fn read(variable: &str, path: &Path) -> Result<OsString, ExitError> {
    let text = fs::read_to_string(path).map_err(|error| {
        ExitError::Config(format!("{variable} cannot be read: {}: {}", path.display(), problem(&error)))
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text::objection(text) {
        Some(why) => Err(ExitError::Config(format!("{variable}: {} {why}", path.display()))),
        None => Ok(text.into()),
    }
}

/// Returns the value if it can be the text of a setting.
fn checked(variable: &str, value: OsString) -> Result<OsString, ExitError> {
    let why = value.to_str().map_or(Some("is not UTF-8"), text::objection);
    why.map_or(Ok(value), |why| Err(ExitError::Config(format!("{variable} {why}"))))
}

/// Describes the error of reading a file.
fn problem(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "the file does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        ErrorKind::InvalidData => "the file is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}
