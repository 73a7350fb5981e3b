//! Watchdog of a stack: if the owner dies, by SIGKILL too, the servers are killed.
//!
//! A parent-death signal does not suffice: it fires when the *thread* that spawned the child ends, as test threads do,
//! and it does not reach the children of PostgreSQL. A pipe that closes with the owner has neither defect.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Lives as long as its stack. Dropping it after the servers tells the watchdog that the stop was regular.
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// Watches the servers of `folder`. A `temporary` folder is removed when the owner ends.
    pub(crate) fn watch(folder: &Path, temporary: bool) -> anyhow::Result<Self> {
        Command::new("sh")
            .args(["-c", include_str!("watchdog.sh"), "devstack-guard"])
            .arg(folder)
            .arg(if temporary { "remove" } else { "keep" })
            .current_dir("/")
            .process_group(0) // Ctrl-C is for the owner; the guard must outlive it
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
            .context("cannot start the watchdog of the stack")
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            let _gone_already = stdin.write_all(b"done\n");
        }
        let _reaped = self.0.wait();
    }
}
