//! Main function of `segments-service`: named sets of users, with history, over HTTP.

use std::{env, ffi::OsString, path::Path, process::ExitCode};

use segments::{Segments, Sources};

fn main() -> ExitCode {
    let known = runtime::variables::<Segments>();
    match Sources::read(Path::new("."), |name: &str| env::var_os(name), &known) {
        Ok(sources) => runtime::main_with::<Segments>(|name| sources.variable(name)),
        // The help explains the settings that the files have wrong.
        Err(_) if asks_for_help(env::args_os().skip(1)) => runtime::main_with::<Segments>(|name| env::var_os(name)),
        Err(error) => {
            eprintln!("segments-service: {error}");
            ExitCode::from(error.code())
        }
    }
}

/// Whether the command line asks for the help or the version, which need no settings.
fn asks_for_help(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments = arguments.peekable();
    let is_command = arguments.peek().is_some_and(|first| first == "help");
    is_command || arguments.any(|argument| ["-h", "--help", "-V", "--version"].iter().any(|flag| argument == *flag))
}
