//! Main function of `segments-service`: named sets of users, with history, over HTTP.

use std::{env, path::Path, process::ExitCode};

use segments::{Segments, Sources};

fn main() -> ExitCode {
    let known = runtime::variables::<Segments>();
    match Sources::read(Path::new("."), |name: &str| env::var_os(name), &known) {
        Ok(sources) => runtime::main_with::<Segments>(|name| sources.variable(name)),
        Err(error) => {
            eprintln!("segments-service: {error}");
            ExitCode::from(error.code())
        }
    }
}
