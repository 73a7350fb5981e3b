//! `cdm-service`: keeps the marts.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<cdm::Cdm, cdm::Commands>()
}
