//! Main function of `stg-service`: stores raw orders and enriches them with names from Redis.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<stream::App<stg::Stg>>()
}
