//! A run of the demo: start the servers, load, play the cycles, compare, report, stop.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::time::timeout;

use super::cycles::Cycles;
use super::findings::Findings;
use super::first_load::first_load;
use super::fixture::Fixture;
use super::master::Master;
use super::report::Report;
use super::runs;
use super::service::Service;
use super::settings::Settings;
use crate::number::grouped;
use crate::shell::{self, Ended, Stops};

/// Time limit of the whole run.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// Runs the demo and stops everything it has started. The folder is kept if the run has failed or `KEEP` is set.
pub async fn run(settings: Settings) -> ExitCode {
    shell::in_folder("demo-elt", settings.keep, async |folder| perform(&settings, folder).await).await
}

async fn perform(settings: &Settings, folder: &TempDir) -> Result<Ended> {
    let mut stops = Stops::listen()?;
    let (fixture, service, right) = tokio::select! {
        played = timeout(WAIT_TIMEOUT, play(settings, folder)) => played.context("the demo did not finish within 20 minutes")??,
        () = stops.next() => return Ok(Ended::Interrupted),
    };
    if settings.keep {
        invite(&fixture, &service);
        stops.next().await;
    }
    service.stop().await?;
    fixture.strike().await?;
    Ok(if right { Ended::Right } else { Ended::Wrong })
}

async fn play(settings: &Settings, folder: &TempDir) -> Result<(Fixture, Service, bool)> {
    eprintln!("Starting M, A and Redis, and filling M from seed {}...", settings.seed);
    let fixture = Fixture::set(folder.path()).await?;
    let mut master = Master::fill(fixture.source_url(), settings.seed, settings.rows).await?;
    eprintln!("The first load of {} orders, with their users and products:", grouped(settings.rows.into()));
    let start = runs::clock(&fixture.target).await?;
    let mut service = Service::start(fixture.environment.clone(), folder.path())?;
    let first_load = first_load(&fixture, master.model(), &service, start).await?;
    let told = Cycles { fixture: &fixture, master: &mut master, service: &mut service }.play().await?;
    let peak_rss_mib = service.peak_rss_mib().await?;
    let findings = Findings::gather(&fixture, master.model()).await?;
    let report = Report { first_load, told: &told, findings: &findings, peak_rss_mib };
    report.print()?;
    let right = report.is_right();
    Ok((fixture, service, right))
}

/// Prints the addresses and commands for exploring the running system.
fn invite(fixture: &Fixture, service: &Service) {
    eprintln!("\nEverything keeps running until Ctrl-C.\n");
    for (name, value) in &fixture.environment {
        eprintln!("export {name}='{value}'");
    }
    eprintln!("\nJob files: {}", fixture.jobs.folder().display());
    eprintln!("Status of the jobs: http://{}/jobs", service.address());
}
