//! Programs of the services: their paths, and commands with an environment of their own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::Command;

/// Environment variables of a service.
pub type Environment = BTreeMap<String, String>;

/// A service with exactly this environment and that of the image: no variable of the caller's shell has an effect. The
/// process is killed when its handle is dropped, and when the caller is killed. It does not receive Ctrl-C; the caller
/// stops it.
///
/// # Errors
/// If the binary has not been built.
pub fn command(binary: &str, environment: &Environment) -> Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(path(binary)?);
    command
        .env_clear()
        .env("MALLOC_ARENA_MAX", "2")
        .envs(environment)
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    Ok(command)
}

/// The path of a binary: beside a program that uses this crate, in `target/debug`, or one folder above a test, in
/// `target/debug/deps`.
fn path(binary: &str) -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let mut folders = ours.ancestors().skip(1).take(2).map(|folder| folder.join(binary));
    let missing = || format!("{binary} is not in the folder of {}: build the workspace first", ours.display());
    folders.find(|program| program.is_file()).with_context(missing)
}
