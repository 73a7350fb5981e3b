//! `cdm-service`: keeps the marts.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<cdm::Cdm>>()
}
