//! Main function of `elt-service`: keeps tables of one PostgreSQL equal to queries of another.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<elt::Elt>()
}
