//! Main function of `elt-service`: keeps tables of one PostgreSQL equal to the results of queries on another.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<elt::Elt>()
}
