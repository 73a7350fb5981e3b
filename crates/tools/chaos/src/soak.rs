//! A soak: a long run under load with repeated SIGKILLs of services or restarts of Kafka, and a report.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use comfy_table::Cell;
use harness::Layer;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tokio::time::{Instant, interval, sleep_until};

use crate::broker::Restart;
use crate::broker::recovery::{Measured, measure};
use crate::broker::table::Recoveries;
use crate::output::memory::{Figures, Memory};
use crate::output::report::{self, number};
use crate::output::restarts::restart;
use crate::output::screen::Screen;
use crate::rounds;
use crate::rounds::drain::{find_differences, heal};
use crate::settings::Settings;
use crate::system::disk::Mounts;
use crate::system::world::World;

/// The random stream of the kills, separate from others.
const STREAM: u64 = 4;

/// Approximate start time of Kafka.
const START: Duration = Duration::from_secs(5);

/// Interval between two samples of the memory.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Line {
    seed: u64,
    seconds: u64,
    orders: u64,
    events: u64,
    kills: usize,
    restart_to_first_commit_s: [f64; 3],
    #[serde(flatten)]
    recoveries: Recoveries,
    memory: BTreeMap<&'static str, Figures>,
    differences: usize,
}

/// Runs the soak and prints the report. Returns whether every number is right.
pub(crate) async fn soak(settings: &Settings, lasts: Duration) -> Result<bool> {
    let seconds = lasts.as_secs();
    let screen = Screen::new(seconds);
    screen.say(&format!("SEED={}: soak of {lasts:?} at {} orders a second", settings.seed, settings.rate));
    let orders = settings.rate * lasts.as_secs_f64() * 1.2;
    let (world, mut stream) = rounds::set(settings, Mounts::Forbidden, orders as u64, 1).await?;
    let mut memory = Memory::default();
    let system = &world.order_system;
    let streaming = stream.run(system, settings.rate, |passed| passed < lasts || system.is_needed());
    let coming = async {
        world.names.add_late(&world.fixture.pipeline, 0, lasts).await;
        Ok(())
    };
    let breaking = async {
        match settings.broker_restarts {
            Some(every) => Ok((Vec::new(), restart_broker(&world, settings.seed, every, lasts, &screen).await?)),
            None => Ok((kill(&world, settings, lasts, &screen).await?, Vec::new())),
        }
    };
    let sampling = async {
        let sampled = tokio::time::timeout(lasts, sample(&world, &mut memory));
        let _time_is_up = sampled.await;
        Ok(())
    };
    let ((), (), (restarts, measured), ()) = tokio::try_join!(streaming, coming, breaking, sampling)?;
    heal(&world).await?;
    let differences = find_differences(&world).await?;
    let recoveries = Recoveries::of(&measured);
    let right = differences.is_empty() && recoveries.over_allowed() == 0;
    if !right {
        let kept = world.fixture.keep_logs(settings.logs.as_deref())?;
        screen.say(&format!("The logs of services and servers are in {}", kept.display()));
    }
    drop(screen);

    report::differences(&differences);
    let mut sorted: Vec<f64> = restarts.iter().map(|took| (took.as_secs_f64() * 100.0).round() / 100.0).collect();
    sorted.sort_by(f64::total_cmp);
    let of = |at: usize| sorted.get(at).copied().unwrap_or_default();
    let line = Line {
        seed: settings.seed,
        seconds,
        orders: stream.orders(),
        events: stream.events(),
        kills: sorted.len(),
        restart_to_first_commit_s: [of(0), of(sorted.len() / 2), of(sorted.len().saturating_sub(1))],
        recoveries,
        memory: memory.figures().into_iter().map(|(layer, figures)| (layer.stem(), figures)).collect(),
        differences: differences.len(),
    };
    line.print(settings.broker_restarts.is_some())?;
    Ok(right)
}

impl Line {
    fn print(&self, broker: bool) -> Result<()> {
        let mut table = report::table(&["Service", "peak memory", "median, first quarter", "last quarter"]);
        for (service, figures) in &self.memory {
            let mib = [figures.peak_mib, figures.first_quarter_mib, figures.last_quarter_mib];
            let cells = mib.map(|mib| number(format!("{mib:.1} MiB")));
            table.add_row([Cell::new_owned((*service).to_owned())].into_iter().chain(cells));
        }
        println!("\n{table}\n");
        let [least, median, most] = self.restart_to_first_commit_s;
        println!(
            "{} orders in {} events, {} kills, {} differences",
            self.orders, self.events, self.kills, self.differences
        );
        if broker {
            self.recoveries.print();
        } else {
            println!("Time from restart to first commit: minimum {least} s, median {median} s, maximum {most} s");
        }
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// Kills one service after another. Returns the time each took to commit again.
async fn kill(world: &World, settings: &Settings, lasts: Duration, screen: &Screen) -> Result<Vec<Duration>> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(STREAM);
    let began = Instant::now();
    let mut restarts = Vec::new();
    for number in 1.. {
        // At a random moment of its interval, so that it does not always hit the same step of a batch.
        let moment = settings.kill_every.mul_f64(f64::from(number) - 1.0 + rng.random::<f64>());
        if moment + settings.kill_every > lasts {
            break;
        }
        sleep_until(began + moment).await;
        let layer = Layer::ALL.choose(&mut rng).copied().unwrap_or(Layer::Dds);
        let took = restart(world, layer).await?;
        screen.say(&format!(
            "{:>5.0} s: SIGKILL {}, first commit after {took:.2?}",
            moment.as_secs_f64(),
            layer.binary()
        ));
        screen.doing("", moment.as_secs());
        restarts.push(took);
    }
    Ok(restarts)
}

/// Restarts the broker once in each interval. Returns the recoveries of the services.
async fn restart_broker(
    world: &World,
    seed: u64,
    every: Duration,
    lasts: Duration,
    screen: &Screen,
) -> Result<Vec<Measured>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    let began = Instant::now();
    let mut all = Vec::new();
    let _orders = world.order_system.need();
    // A restart that takes long delays the following ones.
    while began.elapsed() + every <= lasts {
        let next = Instant::now() + every;
        let restart = Restart::draw(&mut rng, all.len(), false);
        let at_least = every.saturating_sub(restart.away + START);
        let measured = measure(world, restart, at_least).await?;
        screen.say(&format!("{:>5.0} s: {measured}", began.elapsed().as_secs_f64()));
        screen.doing("", began.elapsed().as_secs());
        all.push(measured);
        sleep_until(next).await;
    }
    Ok(all)
}

/// Samples the memory of all services, until it is dropped.
async fn sample(world: &World, memory: &mut Memory) {
    let mut ticks = interval(SAMPLE_EVERY);
    loop {
        ticks.tick().await;
        for layer in Layer::ALL {
            for process in world.fleet.of(layer) {
                memory.sample(layer, &process).await;
            }
        }
    }
}
