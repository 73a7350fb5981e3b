//! A run of all scenarios; writes tables, a report and a chart.

use std::fs;

use anyhow::{Context, Result};
use harness::Layer;

use crate::output::progress::tell;
use crate::output::report::{Environment, Profile, Report};
use crate::scenario::drain::drain;
use crate::scenario::elt::elt;
use crate::scenario::history::history;
use crate::scenario::live::live;
use crate::scenario::rounds::{ROUND, round};
use crate::scenario::segments::segments;
use crate::scenario::tags::tags;
use crate::scenario::views::views;
use crate::server::fixture::Fixture;
use crate::settings::{Scenario, Settings};
use crate::{output::chart, output::table, server::machine, server::statements};

/// Runs the selected scenarios. Results before a failure are kept.
pub(crate) async fn run(settings: &Settings) -> Result<()> {
    fs::create_dir_all(&settings.folder).context("cannot create the folder of the report")?;
    let mut report = Report::default();
    let outcome = measure(settings, &mut report).await;
    table::print(&report);
    write(settings, &report)?;
    outcome
}

async fn measure(settings: &Settings, report: &mut Report) -> Result<()> {
    let others = [ROUND.as_slice(), &[Scenario::Live, Scenario::Tags, Scenario::Views, Scenario::History]].concat();
    if settings.wants_any(&others) {
        let fixture = prepare(settings, false, report).await?;
        warm_up(&fixture, settings).await?;
        if settings.wants_any(&ROUND) {
            for number in 1..=settings.repeat() {
                tell(format!("round {number} of {}", settings.repeat()));
                round(&fixture, settings, report).await?;
                write(settings, report)?;
            }
        }
        if settings.wants(Scenario::Live) {
            live(&fixture, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::Tags) {
            tags(&fixture, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::Views) {
            views(&fixture, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::History) {
            history(&fixture, settings, report).await?;
        }
        fixture.stack.stop().await?;
    }
    if settings.wants(Scenario::Elt) {
        elt(settings, report).await?;
        write(settings, report)?;
    }
    if settings.wants(Scenario::Segments) {
        segments(settings, report).await?;
        write(settings, report)?;
    }
    if settings.wants(Scenario::Statements) {
        profile(settings, report).await?;
    }
    Ok(())
}

/// Starts the servers and reads their versions and settings.
async fn prepare(settings: &Settings, profiled: bool, report: &mut Report) -> Result<Fixture> {
    tell("starting Kafka, PostgreSQL and Redis");
    let fixture = Fixture::set(settings, profiled).await?;
    let postgresql = fixture.postgres_settings().await?;
    if report.environment.is_some() {
        return Ok(fixture);
    }
    report.environment = Some(Environment {
        processor: machine::processor(),
        cores: machine::cores(),
        fsync_ms: machine::fsync_ms(fixture.stack.folder())?,
        batch_size: settings.batch_size,
        orders: settings.orders(),
        repeat: settings.repeat(),
        seed: settings.seed,
        quick: settings.quick,
        postgresql,
    });
    Ok(fixture)
}

/// A drain for warming up, whose result is discarded. It must be as long as the measured drains, because the JVM of the
/// broker compiles its code while it runs. Then PostgreSQL gets the WAL files that it would have after some hours.
async fn warm_up(fixture: &Fixture, settings: &Settings) -> Result<()> {
    tell("warm-up: a drain that is not measured");
    let arena = fixture.full_arena(1, settings.orders()).await?;
    drain(fixture, &arena, &Layer::ALL).await?;
    arena.verify(settings.orders()).await?;
    if !settings.quick {
        arena.age().await?;
    }
    arena.close().await
}

/// A drain on a server that collects statistics of statements. It is a separate run, because this has a cost.
async fn profile(settings: &Settings, report: &mut Report) -> Result<()> {
    let fixture = prepare(settings, true, report).await?;
    tell("statements: a profiled drain");
    let orders = settings.orders();
    let arena = fixture.full_arena(1, orders).await?;
    statements::reset(&arena.pipeline).await?;
    drain(&fixture, &arena, &Layer::ALL).await?;
    let top = statements::statements(&arena.pipeline, false).await?;
    let nested = statements::statements(&arena.pipeline, true).await?;
    arena.verify(orders).await?;
    report.profile = Some(Profile { orders, statements: top, nested });
    arena.close().await?;
    fixture.stack.stop().await
}

fn write(settings: &Settings, report: &Report) -> Result<()> {
    let json = settings.folder.join("bench-report.json");
    fs::write(&json, format!("{:#}\n", report.json())).with_context(|| json.display().to_string())?;
    chart::draw(report, &settings.folder.join("bench-report.svg"))
}
