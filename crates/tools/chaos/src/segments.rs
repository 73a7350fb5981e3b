//! Rounds of faults with segments-service: requests, imports, refreshes, tags, statuses and expiries on two replicas, and webhooks.
//!
//! Read in this order: [`fault`] lists the faults, [`plan`](crate::replicas::plan) distributes them over rounds, `model` is
//! what the members should be, `writer` changes it and the service alike, `subscribers` follow, `nemesis` injects the faults,
//! `verdict` compares, [`rounds`] runs all of this.

use anyhow::Result;
use tokio::time::Instant;

use crate::output::screen::Screen;
use crate::replicas::plan::plan;
use crate::settings::Settings;

pub mod fault;
mod model;
mod subscribers;
mod fixture;
mod client;
mod writer;
mod nemesis;
mod verdict;
pub mod rounds;
mod report;

/// From this number of rounds on, every fault is planned, and must happen; otherwise the run fails.
pub(crate) const COMPLETE: usize = 8;

/// Plays the rounds and prints the table. Returns whether the members were those of the model after each, and every fault happened.
pub(crate) async fn run(settings: &Settings) -> Result<bool> {
    let began = Instant::now();
    let mut kinds = fault::Fault::all();
    kinds.retain(|fault| settings.wants(&fault.to_string()));
    let plan = plan(settings.seed, settings.rounds, &kinds);
    let screen = Screen::new(plan.len() as u64);
    let (seed, rounds) = (settings.seed, plan.len());
    screen
        .say(&format!("SEED={seed} ROUNDS={rounds}: starting PostgreSQL, Kafka and two replicas of segments-service"));
    let played = rounds::play(seed, &plan, settings.logs.as_deref(), &screen).await?;
    drop(screen);
    report::print(seed, &played, began.elapsed())?;
    let missed = played.faults.values().filter(|(injected, _)| *injected == 0).count();
    Ok(played.differences.is_empty() && (rounds < COMPLETE || missed == 0))
}
