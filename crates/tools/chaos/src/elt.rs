//! Rounds of faults with elt-service: a source that is written to, a target, Redis, and two replicas of the service.
//!
//! Read in this order: [`fault`] lists the faults, [`plan`](crate::replicas::plan) distributes them over rounds, `nemesis` injects them,
//! `verdict` compares the target with the model of the source, [`rounds`] runs all of this.

use anyhow::Result;
use tokio::time::Instant;

use crate::output::screen::Screen;
use crate::replicas::plan::plan;
use crate::settings::Settings;

pub mod fault;
mod fixture;
mod master;
mod nemesis;
mod verdict;
pub mod rounds;
mod report;

/// Plays the rounds and prints the table. Returns whether the target was equal to the source after each.
pub(crate) async fn run(settings: &Settings) -> Result<bool> {
    let began = Instant::now();
    let mut kinds = fault::Fault::all();
    kinds.retain(|fault| settings.wants(&fault.to_string()));
    let plan = plan(settings.seed, settings.rounds, &kinds);
    let screen = Screen::new(plan.len() as u64);
    let (seed, rounds) = (settings.seed, plan.len());
    screen.say(&format!("SEED={seed} ROUNDS={rounds}: starting two PostgreSQL clusters, Redis and two replicas"));
    let played = rounds::play(seed, &plan, settings.logs.as_deref(), &screen).await?;
    drop(screen);
    report::print(seed, &played, began.elapsed())?;
    Ok(played.differences.is_empty())
}
