//! A child process and its descendants: signalled together, and killed when dropped.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Polling interval for conditions of the operating system, which has no event for the end of a grandchild.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A running child. It is killed when dropped, paused or not, together with its own children.
pub(crate) struct Running {
    child: Child,
    /// The signal that ends the program at once with its children.
    abandon: Signal,
    /// Registers the process with the watchdog, which ends it if this process is killed first.
    pidfile: PathBuf,
}

impl Running {
    pub(crate) fn new(child: Child, abandon: Signal, pidfile: PathBuf) -> anyhow::Result<Self> {
        let running = Self { child, abandon, pidfile };
        let text = format!("{} {}\n", running.child.id(), abandon as i32);
        fs::write(&running.pidfile, text).with_context(|| format!("cannot write {}", running.pidfile.display()))?;
        Ok(running)
    }

    /// The number of the child.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the child itself is running.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Signals the child alone.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        send(self.pid()?, signal)
    }

    /// Signals the child and its children. Those of PostgreSQL have sessions of their own, outside the process group.
    pub(crate) fn signal_family(&self, signal: Signal) -> anyhow::Result<()> {
        for member in self.frozen_family()? {
            send(member, signal)?;
        }
        Ok(())
    }

    /// Kills the child with its descendants and returns when all have exited and their sockets and memory are released.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        let family = self.frozen_family()?;
        for &member in &family {
            send(member, Signal::SIGKILL)?;
        }
        self.ended().await;
        while family.iter().any(|&member| is_alive(member)) {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// Returns when the child has exited.
    pub(crate) async fn ended(&mut self) {
        while self.is_alive() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The child and its descendants. The child is stopped first, so that none is created during the search.
    fn frozen_family(&self) -> anyhow::Result<Vec<Pid>> {
        let pid = self.pid()?;
        send(pid, Signal::SIGSTOP)?;
        let mut family = children_of(pid)?;
        family.push(pid);
        Ok(family)
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_alive() {
            let asked = self.signal_family(Signal::SIGCONT).and_then(|()| self.signal(self.abandon));
            if asked.is_err() {
                let _gone_already = self.child.kill();
            }
            let _reaped = self.child.wait();
        }
        let _removed = fs::remove_file(&self.pidfile);
    }
}

/// Runs a program to its end. Its output is part of the error.
pub(crate) async fn complete(command: Command) -> anyhow::Result<()> {
    let mut command = tokio::process::Command::from(command);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("cannot start {command:?}"))?;
    let said = [output.stdout, output.stderr].concat();
    ensure!(output.status.success(), "{}\n{}", output.status, String::from_utf8_lossy(&said));
    Ok(())
}

/// Sends `signal`. A process that has already exited is not an error.
fn send(pid: Pid, signal: Signal) -> anyhow::Result<()> {
    match kill(pid, signal) {
        Ok(()) | Err(nix::Error::ESRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot send {signal} to process {pid}")),
    }
}

fn children_of(parent: Pid) -> io::Result<Vec<Pid>> {
    let processes = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(processes.map(Pid::from_raw).filter(|&pid| state_and_parent(pid).is_some_and(|(_, of)| of == parent)).collect())
}

/// A zombie counts as exited: it only waits to be reaped.
fn is_alive(pid: Pid) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

/// `/proc/PID/stat` has the form `PID (name) state parent …`; the name may contain anything, including brackets.
fn state_and_parent(pid: Pid) -> Option<(char, Pid)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    Some((state, Pid::from_raw(parent)))
}
