//! `cdm-service`: keeps the marts.

use std::process::ExitCode;

fn main() -> ExitCode {
    service::main_with::<cdm::Cdm, cdm::Commands>()
}
