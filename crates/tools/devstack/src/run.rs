//! `devstack run`: a stack for the lifetime of one command, shared with its child processes.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context;
use clap::Args;
use devstack::{Options, STACK_VARIABLE, Stack};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Starts a stack for tests, runs COMMAND on it, stops it, and exits with the exit code of COMMAND
#[derive(Args)]
pub(crate) struct Arguments {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let stack = Stack::start(Options::for_tests()).await?;
    let description = stack.folder().join("stack.json");
    stack.endpoints().write(&description)?;
    let (program, rest) = arguments.command.split_first().context("no command")?;
    let child = Command::new(program)
        .args(rest)
        .env(STACK_VARIABLE, &description)
        .envs(stack.endpoints().variables())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    Ok(exit_code(outcome(child).await?))
}

/// The terminal sends Ctrl-C to the command as well, so this only waits for its end. SIGTERM is forwarded.
async fn outcome(mut child: Child) -> anyhow::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => if let Some(id) = child.id() {
                kill(Pid::from_raw(i32::try_from(id)?), Signal::SIGTERM)?;
            }
        }
    }
}

/// The exit code as a shell reports it: 128 plus the signal for a command that was killed.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
