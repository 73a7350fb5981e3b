//! Main function of `dds-service`: writes the Data Vault.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<dds::Dds>>()
}
