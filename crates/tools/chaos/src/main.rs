//! `chaos`: runs rounds of faults or a soak, and checks every number.

use std::process::ExitCode;

use chaos::settings::Settings;
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    // Must run before a second thread exists, so that all child processes see the same mounts.
    let disk = chaos::own_mounts();
    chaos::run::run(&settings, disk)
}
