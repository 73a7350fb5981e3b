//! Rounds with elt-service: the source is written to under faults; then everything is healed and compared.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::fault::Fault;
use super::fixture::Fixture;
use super::master::Master;
use super::nemesis::inject;
use super::verdict::verdict;
use crate::output::screen::Screen;
use crate::replicas::plan::Round;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Played {
    /// Rounds played.
    pub rounds: usize,
    /// Rows of the source that committed transactions have changed.
    pub changed: u64,
    /// Transactions that committed after others that began later.
    pub late: u64,
    /// How often each fault happened, and how often it was missed.
    pub faults: BTreeMap<Fault, (u64, u64)>,
    /// All differences. The run ends with the first round that has any.
    pub differences: Vec<String>,
}

/// Runs the rounds, up to the first with a difference. The logs are kept in that case.
///
/// # Errors
/// If the test environment fails: a server does not start, or the harness has an error.
pub async fn play(seed: u64, plan: &[Round<Fault>], logs: Option<&Path>, screen: &Screen) -> Result<Played> {
    let mut fixture = Fixture::set().await?;
    let mut master = Master::fill(&fixture.urls.source, seed).await?;
    fixture.start_replicas()?;
    let mut played = Played::default();
    let outcome = async {
        for (number, round) in plan.iter().enumerate() {
            turn(&fixture, &mut master, round, number + 1 == plan.len(), &mut played, screen).await?;
            if !played.differences.is_empty() {
                break;
            }
        }
        anyhow::Ok(())
    };
    let outcome = outcome.await;
    (played.changed, played.late) = (master.changed, master.late);
    if outcome.is_err() || !played.differences.is_empty() || logs.is_some() {
        let kept = fixture.keep_logs(logs)?;
        screen.say(&format!("The logs of replicas and servers are in {}", kept.display()));
    }
    outcome.map(|()| played)
}

async fn turn(
    fixture: &Fixture,
    master: &mut Master,
    round: &Round<Fault>,
    is_last: bool,
    played: &mut Played,
    screen: &Screen,
) -> Result<()> {
    let (began, before, injecting) = (Instant::now(), master.changed, Cell::new(true));
    let faults: Vec<String> = round.injections.iter().map(ToString::to_string).collect();
    screen.doing(&faults.join("; "), played.rounds as u64);
    let breaking = async {
        let happened = try_join_all(round.injections.iter().map(|injection| inject(fixture, injection))).await;
        injecting.set(false);
        happened
    };
    let (happened, ()) = tokio::try_join!(breaking, master.write(round.lasts, || injecting.get()))?;
    // A transaction may stay open into the next round.
    if is_last || played.rounds.is_multiple_of(2) {
        master.commit().await?;
    }
    let wrote = began.elapsed();
    played.differences.extend(verdict(fixture, master.model()).await?);
    played.rounds += 1;
    for (injection, happened) in round.injections.iter().zip(&happened) {
        let (injected, missed) = played.faults.entry(injection.fault).or_default();
        *injected += u64::from(*happened);
        *missed += u64::from(!happened);
    }
    let told = faults.iter().zip(happened);
    let told = told.map(|(fault, happened)| if happened { fault.clone() } else { format!("missed: {fault}") });
    screen.say(&format!(
        "round {}: {} rows changed, {:.0} s, equal {:.0} s later, {} differences: {}",
        played.rounds,
        master.changed - before,
        wrote.as_secs_f64(),
        (began.elapsed() - wrote).as_secs_f64(),
        played.differences.len(),
        told.collect::<Vec<_>>().join("; "),
    ));
    Ok(())
}
