//! A run of the demo: start the servers, load the orders, check, report, stop.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::data::Data;
use crate::drive::drive;
use crate::findings::Findings;
use crate::fixture::Fixture;
use crate::report::Report;
use crate::services::Services;
use crate::settings::Settings;
use crate::shell::{self, Ended, Stops};

/// Time limit for processing the orders.
const DRIVE_LIMIT: Duration = Duration::from_secs(13 * 60);
/// Time limit of the whole run.
const WAIT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Runs the demo and stops everything it has started. The folder is kept if the run has failed or `KEEP` is set.
pub async fn run(settings: Settings) -> ExitCode {
    shell::in_folder("demo", settings.keep, async |folder| perform(&settings, folder).await).await
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
