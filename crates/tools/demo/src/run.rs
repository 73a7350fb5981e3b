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

/// How long the orders may take.
const DRIVE_LIMIT: Duration = Duration::from_secs(13 * 60);
/// How long everything may take; whatever hangs, the demo does not.
const WAIT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Runs the demo; nothing is left running, however it ends. Its folder stays when there is something to see in it.
pub(crate) async fn run(settings: Settings) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix("tagmill-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return fail(&anyhow::Error::new(error).context("no temporary folder")),
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
    /// Some are not; the report says which.
    Wrong,
    /// Somebody asked us to stop.
    Interrupted,
}

async fn perform(settings: &Settings, folder: &TempDir) -> Result<Ended> {
    let mut stops = Stops::listen()?;
    let (fixture, services, right) = tokio::select! {
        played = timeout(WAIT_TIMEOUT, play(settings, folder)) => played.context("not done after a quarter of an hour")??,
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

/// Everything up to the report. The services come back only if they are to be kept.
async fn play(settings: &Settings, folder: &TempDir) -> Result<(Fixture, Option<Services>, bool)> {
    let data = Data::chosen(settings);
    let reading = data.clone();
    let expected = tokio::task::spawn_blocking(move || reading.expected()).await??;
    eprintln!("{} orders in {} events, {data}. Starting Kafka, PostgreSQL, Redis...", expected.orders, expected.events);
    let fixture = Fixture::set(folder.path(), data.reference()?).await?;
    eprintln!("Starting the services...");
    let mut services = Services::start(&fixture.environment(), folder.path()).await?;

    let took = drive(&data, expected.events, &fixture, &mut services, DRIVE_LIMIT).await?;
    let peak_rss_mib = services.peak_rss_mib()?;
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

/// Tells whoever wants to look around how to get in.
fn invite(fixture: &Fixture, services: &Services) {
    eprintln!("\nEverything is left running; Ctrl-C stops it.\n");
    for (name, value) in fixture.environment() {
        eprintln!("export {name}='{value}'");
    }
    for (name, address) in services.addresses() {
        eprintln!("# {name}: http://{address}/ready, http://{address}/metrics");
    }
    for (_, address) in services.addresses().filter(|(name, _)| *name == "cdm-service") {
        eprintln!("\nThe orders as pictures: http://{address}/dashboard");
    }
}

/// The signals that ask us to stop.
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
