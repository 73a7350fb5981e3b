//! Main function of `segments-service`: named sets of users, with history, over HTTP.

use std::{env, path::Path, process::ExitCode};

use segments::{Segments, Sources};

fn main() -> ExitCode {
    match Sources::read(Path::new(".")) {
        Ok(sources) => runtime::main_with::<Segments>(|name| sources.variable(|name| env::var_os(name), name)),
        Err(error) => {
            eprintln!("segments-service: {error}");
            ExitCode::from(error.code())
        }
    }
}
