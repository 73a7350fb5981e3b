//! Programs of the services: their paths, and commands with an environment of their own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// What a service may write in a pod of the chart: 128 MiB without the 16 of the program itself, and 56 for the stacks of
/// its threads, which are reserved and hardly used.
const DATA_BYTES: u64 = (128 - 16 + 56) << 20;

/// The stack of a thread in a pod: half of the usual, so that the stacks are not more than all other memory. The main
/// thread of a debug build needs more than two MiB.
const STACK_BYTES: u64 = 4 << 20;

/// Environment variables of a service.
pub type Environment = BTreeMap<String, String>;

/// A service with exactly this environment and that of the image: no variable of the caller's shell has an effect. The
/// process is killed when its handle is dropped, and when the caller is killed. It does not receive Ctrl-C; the caller
/// stops it.
///
/// # Errors
/// If the binary has not been built.
pub fn command(binary: &str, environment: &Environment) -> Result<Command> {
    with_environment(Command::new("setpriv"), binary, environment)
}

/// The same in the memory of a pod of the chart, 128 MiB: the kernel refuses an allocation above it, and the process ends.
/// It is a limit of the process, because not every machine lets a test create cgroups.
///
/// # Errors
/// If the binary has not been built.
pub(crate) fn command_in_pod(binary: &str, environment: &Environment) -> Result<Command> {
    let mut command = Command::new("prlimit");
    command.args([format!("--data={DATA_BYTES}"), format!("--stack={STACK_BYTES}")]).arg("setpriv");
    with_environment(command, binary, environment)
}

fn with_environment(mut command: Command, binary: &str, environment: &Environment) -> Result<Command> {
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

/// Creates or updates the schema of a service, as an operator does.
///
/// # Errors
/// If the binary has not been built, or `migrate` fails. The error has its output.
pub async fn migrate(binary: &str, environment: &Environment) -> Result<()> {
    let output = command(binary, environment)?.arg("migrate").output().await;
    let output = output.with_context(|| format!("cannot start {binary}"))?;
    let text = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "migrate: {}\n{}", output.status, String::from_utf8_lossy(&text));
    Ok(())
}

/// The path of a binary: beside a program that uses this crate, in `target/debug`, or one folder above a test, in
/// `target/debug/deps`.
fn path(binary: &str) -> Result<PathBuf> {
    let ours = std::env::current_exe()?;
    let mut folders = ours.ancestors().skip(1).take(2).map(|folder| folder.join(binary));
    let missing = || format!("{binary} is not in the folder of {}: build the workspace first", ours.display());
    folders.find(|program| program.is_file()).with_context(missing)
}
