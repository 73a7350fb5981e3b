//! `stg-service`: keeps every order and turns its ids into names.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<stg::Stg>>()
}
