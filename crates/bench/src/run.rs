//! All scenarios in turn, and what is left of them: tables, a report, a picture.

use std::fs;

use anyhow::{Context, Result};
use e2e::Layer;

use crate::drain::drain;
use crate::history::history;
use crate::live::live;
use crate::progress::tell;
use crate::report::{Environment, Profile, Report};
use crate::rounds::{ROUND, round};
use crate::settings::{Scenario, Settings};
use crate::stage::Stage;
use crate::tags::tags;
use crate::views::views;
use crate::{machine, picture, statements, table};

/// Measures what is wanted. What was found before something failed is kept.
pub(crate) async fn run(settings: &Settings) -> Result<()> {
    fs::create_dir_all(&settings.folder).context("the folder of the report")?;
    let mut report = Report::default();
    let outcome = measure(settings, &mut report).await;
    table::print(&report);
    write(settings, &report)?;
    outcome
}

async fn measure(settings: &Settings, report: &mut Report) -> Result<()> {
    let others = [ROUND.as_slice(), &[Scenario::Live, Scenario::Tags, Scenario::Views, Scenario::History]].concat();
    if settings.wants_any(&others) {
        let stage = prepare(settings, false, report).await?;
        warm_up(&stage, settings).await?;
        if settings.wants_any(&ROUND) {
            for number in 1..=settings.repeat() {
                tell(format!("round {number} of {}", settings.repeat()));
                round(&stage, settings, report).await?;
                write(settings, report)?;
            }
        }
        if settings.wants(Scenario::Live) {
            live(&stage, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::Tags) {
            tags(&stage, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::Views) {
            views(&stage, settings, report).await?;
            write(settings, report)?;
        }
        if settings.wants(Scenario::History) {
            history(&stage, settings, report).await?;
        }
        stage.stack.stop().await?;
    }
    if settings.wants(Scenario::Statements) {
        profile(settings, report).await?;
    }
    Ok(())
}

/// Starts the servers and learns what they are.
async fn prepare(settings: &Settings, profiled: bool, report: &mut Report) -> Result<Stage> {
    tell("starting Kafka, PostgreSQL and Redis");
    let stage = Stage::set(settings, profiled).await?;
    let postgresql = stage.postgres_settings().await?;
    if report.environment.is_some() {
        return Ok(stage);
    }
    report.environment = Some(Environment {
        processor: machine::processor(),
        cores: machine::cores(),
        fsync_ms: machine::fsync_ms(stage.stack.folder())?,
        batch_size: settings.batch_size,
        orders: settings.orders(),
        repeat: settings.repeat(),
        seed: settings.seed,
        quick: settings.quick,
        postgresql,
    });
    Ok(stage)
}

/// A drain that does not count. The broker compiles itself while it runs: it has to be as long as those that do. Then
/// PostgreSQL is given the files of its log that it would have after some hours.
async fn warm_up(stage: &Stage, settings: &Settings) -> Result<()> {
    tell("warm-up: a drain that does not count");
    let arena = stage.full_arena(1, settings.orders()).await?;
    drain(stage, &arena, &Layer::ALL).await?;
    arena.verify(settings.orders()).await?;
    if !settings.quick {
        arena.age().await?;
    }
    arena.close().await
}

/// A drain on a server that counts and times its statements, which costs something: it is a run of its own.
async fn profile(settings: &Settings, report: &mut Report) -> Result<()> {
    let stage = prepare(settings, true, report).await?;
    tell("statements: a drain that is profiled");
    let orders = settings.orders();
    let arena = stage.full_arena(1, orders).await?;
    statements::reset(&arena.pipeline).await?;
    drain(&stage, &arena, &Layer::ALL).await?;
    let top = statements::statements(&arena.pipeline, false).await?;
    let nested = statements::statements(&arena.pipeline, true).await?;
    arena.verify(orders).await?;
    report.profile = Some(Profile { orders, statements: top, nested });
    arena.close().await?;
    stage.stack.stop().await
}

fn write(settings: &Settings, report: &Report) -> Result<()> {
    let json = settings.folder.join("bench-report.json");
    fs::write(&json, format!("{:#}\n", report.json())).with_context(|| json.display().to_string())?;
    picture::draw(report, &settings.folder.join("bench-report.svg"))
}
