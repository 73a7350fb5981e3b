//! `chaos`: runs rounds of faults or a soak, and checks every number.

use std::process::ExitCode;

use chaos::settings::Settings;
use clap::Parser;

fn main() -> ExitCode {
    let settings = Settings::parse();
    // Before there is a second thread: whoever is started later sees the same mounts.
    let disk = chaos::own_mounts();
    chaos::run::run(&settings, disk)
}
