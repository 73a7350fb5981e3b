//! The process of a demo: its folder, the signals that stop it, its exit code.

use std::process::ExitCode;

use anyhow::Result;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a run ended.
pub(crate) enum Ended {
    /// Every number is right.
    Right,
    /// Some numbers are wrong; the report lists them.
    Wrong,
    /// The run was interrupted by a signal.
    Interrupted,
}

/// Runs a demo in a temporary folder. The folder is kept if the run has failed, or `keep` is set.
pub(crate) async fn in_folder(
    name: &str,
    keep: bool,
    perform: impl AsyncFnOnce(&TempDir) -> Result<Ended>,
) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix(&format!("tagmill-{name}-")).tempdir() {
        Ok(folder) => folder,
        Err(error) => return fail(name, &anyhow::Error::new(error).context("cannot create a temporary folder")),
    };
    let outcome = perform(&folder).await;
    let spotless = matches!(outcome, Ok(Ended::Right | Ended::Interrupted));
    if keep || !spotless {
        eprintln!("Data and logs are kept in {}", folder.keep().display());
    }
    match outcome {
        Ok(Ended::Right) => ExitCode::SUCCESS,
        Ok(Ended::Wrong) => ExitCode::FAILURE,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(error) => fail(name, &error),
    }
}

/// Signals that stop the demo.
pub(crate) struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Stops {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
        eprintln!("Stopping...");
    }
}

fn fail(name: &str, error: &anyhow::Error) -> ExitCode {
    eprintln!("{name}: {error:#}");
    ExitCode::FAILURE
}
