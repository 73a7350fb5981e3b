//! End of a round with elt-service: faults are healed, one good cycle of each job follows, and the target has to be equal to
//! the model of the source.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use workload::master::{Model, Table, compare};

use super::fixture::Fixture;
use crate::replicas::replica::command;

/// Time limit for a good cycle of each job after all faults are healed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(200);

const CLOCK: &str = "SELECT extract(epoch FROM clock_timestamp())::float8";

/// Heals everything, waits, and returns all differences.
pub(super) async fn verdict(fixture: &Fixture, model: &Model) -> Result<Vec<String>> {
    fixture.heal().await?;
    let mut differences = Vec::new();
    for (number, replica) in fixture.replicas.iter().enumerate() {
        let mut process = replica.turn().await;
        process.resume().await?;
        if !process.is_running().await? {
            differences.push(format!("replica {number} has exited: {}", process.wait().await?));
            *process = replica.again(None)?;
        }
    }
    let target = fixture.target().await?;
    if let Err(error) = good_cycles(&target).await {
        differences.push(format!("{error:#}"));
        differences.extend(readiness(fixture).await);
    }
    for table in Table::ALL {
        let lines = compare(&target, table, model).await?;
        differences.extend(lines.into_iter().map(|line| format!("{}: {line}", table.name())));
    }
    let (equal, text) = command("elt-service", &fixture.environment, &["verify", "--json"]).await?;
    if !equal {
        differences.push(format!("verify: {text}"));
    }
    Ok(differences)
}

/// Waits until each job has run a good cycle that began after now.
async fn good_cycles(target: &Client) -> Result<()> {
    let moment: f64 = target.query_one(CLOCK, &[]).await?.try_get(0)?;
    let (began, statement) = (Instant::now(), include_str!("../../sql/elt/good_cycles.sql"));
    let wanted: BTreeSet<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    loop {
        let rows = target.query(statement, &[&moment]).await?;
        let ended: BTreeSet<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let missing: Vec<&&str> = wanted.difference(&ended).collect();
        if missing.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(began.elapsed() < WAIT_TIMEOUT, "no good cycle of {missing:?} within {WAIT_TIMEOUT:?}");
        sleep(PAUSE).await;
    }
}

/// What the replicas say of themselves.
async fn readiness(fixture: &Fixture) -> Vec<String> {
    let mut answers = Vec::new();
    for (number, replica) in fixture.replicas.iter().enumerate() {
        let process = replica.turn().await;
        for path in ["/ready", "/jobs.json"] {
            let answer = match process.get(path).await {
                Ok((status, body)) => format!("{status} {body}"),
                Err(error) => format!("no answer: {error:#}"),
            };
            answers.push(format!("replica {number}: {path}: {answer}"));
        }
    }
    answers
}
