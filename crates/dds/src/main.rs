//! `dds-service`: keeps the Data Vault.

use std::process::ExitCode;

fn main() -> ExitCode {
    service::main_with::<dds::Dds, dds::Commands>()
}
