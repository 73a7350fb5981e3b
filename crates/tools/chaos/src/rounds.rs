//! Rounds: orders are produced under faults; then everything is healed, drained and compared.

pub(crate) mod drain;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use harness::Layer;
use tokio::time::Instant;

use crate::compare::Difference;
use crate::fault::Fault;
use crate::nemesis::inject;
use crate::output::screen::Screen;
use crate::plan::{Round, another};
use crate::rounds::drain::{find_differences, heal};
use crate::settings::Settings;
use crate::system::disk::Mounts;
use crate::system::fixture::Fixture;
use crate::system::fleet::Fleet;
use crate::system::names::Names;
use crate::system::stream::Stream;
use crate::system::world::World;

/// Rounds that are added for faults that have missed their moment.
const MORE: usize = 4;

/// Maximum duration of a round, which determines the number of orders prepared.
const LONGEST: Duration = Duration::from_secs(15);

/// The result of a run.
#[derive(Debug, Default)]
pub struct Played {
    /// Rounds played.
    pub rounds: usize,
    /// Orders whose last event was written.
    pub orders: u64,
    /// Records of the orders topic.
    pub events: u64,
    /// Injected faults by kind, including those that never happened.
    pub faults: BTreeMap<Fault, FaultCounts>,
    /// All differences. The run ends with the first round that has any.
    pub differences: Vec<Difference>,
    /// Number of orders that rightly wait for names at the end.
    pub parked: usize,
    /// Records in dead letters, distinct.
    pub dead_letters: usize,
}

/// One kind of fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Number of times it happened.
    pub injected: u64,
    /// Number of times it was missed.
    pub missed: u64,
    /// Orders that came in during its rounds.
    pub orders: u64,
    /// Differences found after its rounds.
    pub differences: u64,
}

/// Runs the rounds, and some more if a planned fault has never happened, up to the first round with a difference. The
/// logs are kept in that case.
///
/// # Errors
/// If the test environment fails: a server does not start, or the harness has an error.
pub async fn play(settings: &Settings, mounts: Mounts, plan: Vec<Round>, screen: &Screen) -> Result<Played> {
    let planned = plan.len();
    let total = settings.rate * LONGEST.as_secs_f64() * (planned + MORE) as f64;
    let (world, mut stream) = set(settings, mounts, total as u64, planned).await?;
    let mut played = Played::default();
    for round in &plan {
        for injection in &round.injections {
            played.faults.entry(injection.fault).or_default();
        }
    }
    let outcome = async {
        let mut rounds = plan.into_iter();
        while let Some(round) = rounds.next().or_else(|| played.makeup(settings.seed, planned)) {
            turn(&world, &mut stream, &round, settings.rate, &mut played, screen).await?;
            if !played.differences.is_empty() {
                break;
            }
        }
        anyhow::Ok(())
    };
    let outcome = outcome.await;
    if outcome.is_err() || !played.differences.is_empty() || settings.logs.is_some() {
        let kept = world.fixture.keep_logs(settings.logs.as_deref())?;
        screen.say(&format!("The logs of services and servers are in {}", kept.display()));
    }
    outcome?;
    let oracle = world.oracle.lock().await;
    let truth = oracle.truth(&world.names.known());
    played.parked = truth.orders.values().filter(|order| order.parked).count();
    played.dead_letters = oracle.refused().len() + oracle.former().must.len();
    Ok(played)
}

/// The initial state: all services run, no fault is active, no order is written.
pub(crate) async fn set(settings: &Settings, mounts: Mounts, orders: u64, rounds: usize) -> Result<(World, Stream)> {
    let fixture = Fixture::set(settings.partitions, mounts).await?;
    let bootstrap = fixture.stack.endpoints().bootstrap_servers();
    let topic = fixture.pipeline.source(Layer::Stg);
    let stream = Stream::new(settings.seed, orders.max(100), bootstrap, topic);
    let names = Names::new(settings.seed, rounds, stream.generator().reference())?;
    names.write_all(&fixture.pipeline).await;
    let fleet = Fleet::new(settings.session_timeout);
    for layer in Layer::ALL {
        fleet.start(&fixture.pipeline, layer)?;
    }
    for layer in Layer::ALL {
        for process in fleet.of(layer) {
            process.ready().await?;
        }
    }
    Ok((World::new(fleet, fixture, names), stream))
}

async fn turn(
    world: &World,
    stream: &mut Stream,
    round: &Round,
    rate: f64,
    played: &mut Played,
    screen: &Screen,
) -> Result<()> {
    let (number, began, before) = (played.rounds, Instant::now(), stream.orders());
    let faults: Vec<String> = round.injections.iter().map(ToString::to_string).collect();
    screen.doing(&faults.join("; "), number as u64);
    let breaking = try_join_all(round.injections.iter().map(|injection| inject(world, injection)));
    let coming = async {
        world.names.add_late(&world.fixture.pipeline, number, round.lasts).await;
        Ok(())
    };
    let system = &world.order_system;
    let streaming = stream.run(system, rate, |passed| passed < round.lasts || system.is_needed());
    let (happened, (), ()) = tokio::try_join!(breaking, streaming, coming)?;
    heal(world).await?;
    let healed = began.elapsed();
    let differences = find_differences(world).await?;

    let orders = stream.orders() - before;
    played.rounds += 1;
    (played.orders, played.events) = (stream.orders(), stream.events());
    for (injection, happened) in round.injections.iter().zip(&happened) {
        let counts = played.faults.entry(injection.fault).or_default();
        counts.injected += u64::from(*happened);
        counts.missed += u64::from(!happened);
        counts.orders += orders;
        counts.differences += differences.len() as u64;
    }
    let outcomes = faults
        .iter()
        .zip(happened)
        .map(|(fault, happened)| if happened { fault.clone() } else { format!("missed: {fault}") });
    screen.say(&format!(
        "round {}: {} orders, {:.0} s, idle {:.0} s later, {} differences: {}",
        played.rounds,
        orders,
        healed.as_secs_f64(),
        (began.elapsed() - healed).as_secs_f64(),
        differences.len(),
        outcomes.collect::<Vec<_>>().join("; "),
    ));
    played.differences.extend(differences);
    Ok(())
}

impl Played {
    /// Faults that were planned and never happened.
    pub fn missed(&self) -> Vec<Fault> {
        self.faults.iter().filter(|(_, counts)| counts.injected == 0).map(|(fault, _)| *fault).collect()
    }

    /// One more round, for those.
    fn makeup(&self, seed: u64, planned: usize) -> Option<Round> {
        let missed = self.missed();
        (!missed.is_empty() && self.rounds < planned + MORE).then(|| another(seed, self.rounds, &missed))
    }
}
