//! `dds-service`: keeps the Data Vault.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<dds::Dds>>()
}
