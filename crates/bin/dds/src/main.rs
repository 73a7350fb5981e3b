//! `dds-service`: keeps the Data Vault.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<dds::Dds, dds::Commands>()
}
