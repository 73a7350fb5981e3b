//! Main function of `cdm-service`: keeps the data marts and tags users.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<cdm::Cdm>>()
}
