//! Rounds with segments-service: writers change users under faults; then everything is healed and compared.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use futures_util::future::try_join_all;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use super::fault::Fault;
use super::fixture::Fixture;
use super::model::Members;
use super::nemesis::inject;
use super::verdict::verdict;
use super::writer::Writer;
use crate::output::screen::Screen;
use crate::replicas::plan::Round;

/// Number of writers, each with users of its own.
const WRITERS: u64 = 4;

/// The random stream of the comparisons, separate from others.
const STREAM: u64 = 4;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Played {
    /// Rounds played.
    pub rounds: usize,
    /// Steps of the writers.
    pub steps: u64,
    /// Members at the end, of all segments.
    pub members: usize,
    /// Changes that the receivers have applied.
    pub changes: u64,
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
    let fixture = Fixture::set().await?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let writers: Result<Vec<Writer>> = (1..=WRITERS).map(|number| Writer::new(&fixture, seed, number)).collect();
    let mut writers = writers?;
    try_join_all(writers.iter_mut().map(|writer| writer.begin(&fixture))).await?;
    let mut played = Played::default();
    let outcome = async {
        for round in plan {
            turn(&fixture, &mut writers, &mut random, round, &mut played, screen).await?;
            if !played.differences.is_empty() {
                break;
            }
        }
        anyhow::Ok(())
    };
    let outcome = outcome.await;
    if outcome.is_err() || !played.differences.is_empty() || logs.is_some() {
        let kept = fixture.keep_logs(logs)?;
        screen.say(&format!("The logs of replicas and servers are in {}", kept.display()));
    }
    outcome.map(|()| played)
}

async fn turn(
    fixture: &Fixture,
    writers: &mut [Writer],
    random: &mut ChaCha8Rng,
    round: &Round<Fault>,
    played: &mut Played,
    screen: &Screen,
) -> Result<()> {
    let (began, before, injecting) = (Instant::now(), played.steps, Cell::new(true));
    let faults: Vec<String> = round.injections.iter().map(ToString::to_string).collect();
    screen.doing(&faults.join("; "), played.rounds as u64);
    let breaking = async {
        let happened = try_join_all(round.injections.iter().map(|injection| inject(fixture, injection))).await;
        injecting.set(false);
        happened
    };
    let writing = writers.iter_mut().map(|writer| writer.write(fixture, round.lasts, || injecting.get()));
    let (happened, _) = tokio::try_join!(breaking, try_join_all(writing))?;
    let wrote = began.elapsed();
    let mut expected = Members::default();
    writers.iter().for_each(|writer| writer.count(&mut expected));
    played.differences.extend(verdict(fixture, &expected, random).await?);
    played.rounds += 1;
    played.steps = writers.iter().map(|writer| writer.steps).sum();
    played.members = expected.now.len();
    played.changes = fixture.subscribers()?.applied();
    for (injection, happened) in round.injections.iter().zip(&happened) {
        let (injected, missed) = played.faults.entry(injection.fault).or_default();
        *injected += u64::from(*happened);
        *missed += u64::from(!happened);
    }
    let told = faults.iter().zip(happened);
    let told = told.map(|(fault, happened)| if happened { fault.clone() } else { format!("missed: {fault}") });
    screen.say(&format!(
        "round {}: {} steps, {} members, {:.0} s, equal {:.0} s later, {} differences: {}",
        played.rounds,
        played.steps - before,
        played.members,
        wrote.as_secs_f64(),
        (began.elapsed() - wrote).as_secs_f64(),
        played.differences.len(),
        told.collect::<Vec<_>>().join("; "),
    ));
    Ok(())
}
