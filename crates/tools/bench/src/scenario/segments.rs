//! segments-service on a million users: checks against pgbench, imports and refreshes against COPY, pages, writers of one
//! segment, memory, tags to webhooks.

use std::time::Duration;

use anyhow::Result;

use crate::output::progress::tell;
use crate::output::report::Report;
use crate::settings::Settings;
use servers::Servers;

mod servers;
mod checks;
mod million;
mod pages;
mod adders;
mod webhooks;

/// Runs the rounds. Every round has a database of its own, and ends with the audits.
pub(crate) async fn segments(settings: &Settings, report: &mut Report) -> Result<()> {
    tell(format!("segments: starting PostgreSQL with {} users", settings.rows()));
    let servers = Servers::start(settings).await?;
    if report.environment.is_none() {
        report.environment = Some(servers.environment_of_the_report(settings).await?);
    }
    for number in 1..=settings.repeat() {
        tell(format!("segments: round {number} of {}", settings.repeat()));
        round(&servers, settings, number, report).await?;
    }
    pages::as_of(&servers, report).await?;
    servers.stop().await?;
    webhooks::webhooks(settings, report).await
}

async fn round(servers: &Servers, settings: &Settings, number: usize, report: &mut Report) -> Result<()> {
    let lasts: Duration = settings.checks();
    let copy = million::copy(servers, report).await?;
    let arena = servers.arena("round").await?;
    million::over_copy(servers, &arena, copy, report).await?;
    tell("segments: pages, checks, adders");
    pages::pages(servers, &arena, report).await?;
    checks::checks(servers, &arena, lasts, number, report).await?;
    adders::adders(servers, &arena, lasts, number, report).await?;
    arena.audit().await?;
    arena.close(servers).await
}
