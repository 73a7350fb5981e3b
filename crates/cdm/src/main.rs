//! `cdm-service`: keeps the marts.

use std::process::ExitCode;

fn main() -> ExitCode {
    service::main::<cdm::Cdm>()
}
