//! `stg-service`: keeps every order and turns its ids into names.

use std::process::ExitCode;

fn main() -> ExitCode {
    service::main_with::<stg::Stg, stg::Commands>()
}
