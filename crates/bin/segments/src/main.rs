//! Main function of `segments-service`: named sets of users, with history, over HTTP.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<segments::Segments>()
}
