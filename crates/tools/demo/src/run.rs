//! A run of the demo: start the servers, load the orders, check, report, stop.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::data::Data;
use crate::drive::drive;
use crate::findings::Findings;
use crate::fixture::Fixture;
use crate::report::Report;
use crate::services::Services;
use crate::settings::Settings;

/// Time limit for processing the orders.
const DRIVE_LIMIT: Duration = Duration::from_secs(13 * 60);
/// Time limit of the whole run.
const WAIT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Runs the demo and stops everything it has started. The folder is kept if the run has failed or `KEEP` is set.
pub(crate) async fn run(settings: Settings) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix("tagmill-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return fail(&anyhow::Error::new(error).context("cannot create a temporary folder")),
    };
    let outcome = perform(&settings, &folder).await;
    let spotless = matches!(outcome, Ok(Ended::Right | Ended::Interrupted));
    if settings.keep || !spotless {
        eprintln!("Data and logs are kept in {}", folder.keep().display());
    }
    match outcome {
        Ok(Ended::Right) => ExitCode::SUCCESS,
        Ok(Ended::Wrong) => ExitCode::FAILURE,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(error) => fail(&error),
    }
}

enum Ended {
    /// Every number is right.
    Right,
    /// Some numbers are wrong; the report lists them.
    Wrong,
    /// The run was interrupted by a signal.
    Interrupted,
}

async fn perform(settings: &Settings, folder: &TempDir) -> Result<Ended> {
    let mut stops = Stops::listen()?;
    let (fixture, services, right) = tokio::select! {
        played = timeout(WAIT_TIMEOUT, play(settings, folder)) => played.context("the demo did not finish within a quarter of an hour")??,
        () = stops.next() => return Ok(Ended::Interrupted),
    };
    if let Some(services) = services {
        invite(&fixture, &services);
        stops.next().await;
        services.stop().await?;
    }
    fixture.strike().await?;
    Ok(if right { Ended::Right } else { Ended::Wrong })
}

/// Runs everything up to the report. Returns the services only if they are to be kept.
async fn play(settings: &Settings, folder: &TempDir) -> Result<(Fixture, Option<Services>, bool)> {
    let data = Data::chosen(settings);
    let reading = data.clone();
    let expected = tokio::task::spawn_blocking(move || reading.expected()).await??;
    eprintln!("{} orders in {} events, {data}. Starting Kafka, PostgreSQL, Redis...", expected.orders, expected.events);
    let fixture = Fixture::set(folder.path(), data.reference()?).await?;
    eprintln!("Starting the services...");
    let services = Services::start(&fixture.environment(), folder.path()).await?;

    let took = drive(&data, expected.events, &fixture, &services, DRIVE_LIMIT).await?;
    let peak_rss_mib = services.peak_rss_mib().await?;
    let kept = if settings.keep {
        Some(services)
    } else {
        services.stop().await?;
        None
    };
    let findings = Findings::gather(&fixture, &expected).await?;
    let report = Report { expected: &expected, took, peak_rss_mib: &peak_rss_mib, findings: &findings };
    report.print()?;
    Ok((fixture, kept, report.is_right()))
}

/// Prints the addresses and commands for exploring the running system.
fn invite(fixture: &Fixture, services: &Services) {
    eprintln!("\nEverything keeps running until Ctrl-C.\n");
    for (name, value) in fixture.environment() {
        eprintln!("export {name}='{value}'");
    }
    for (name, address) in services.addresses() {
        eprintln!("# {name}: http://{address}/ready, http://{address}/metrics");
    }
    for (_, address) in services.addresses().filter(|(name, _)| *name == "cdm-service") {
        eprintln!("\nDashboard of the orders: http://{address}/dashboard");
    }
}

/// Signals that stop the demo.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Stops {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
        eprintln!("Stopping...");
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("demo: {error:#}");
    ExitCode::FAILURE
}
