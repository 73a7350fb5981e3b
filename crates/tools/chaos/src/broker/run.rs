//! A long run of restarts of the broker under load, and how long the services take to commit again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::Restart;
use super::recovery::{Measured, measure};
use super::table::Recoveries;
use crate::output::screen::Screen;
use crate::rounds::drain::{find_differences, heal};
use crate::settings::Settings;
use crate::system::disk::Mounts;
use crate::system::world::World;
use crate::{output::report, rounds};

/// The random stream of the restarts, separate from others.
const STREAM: u64 = 5;

/// The shortest time for which the services are watched after the broker is back.
const AT_LEAST: Duration = Duration::from_secs(5);

/// Time under load before the first restart.
const BEGIN: Duration = Duration::from_secs(5);

/// Usual maximum duration of a restart, which determines the number of orders prepared.
const RESTART: Duration = Duration::from_secs(90);

#[derive(Serialize)]
struct Line {
    seed: u64,
    seconds: u64,
    orders: u64,
    events: u64,
    #[serde(flatten)]
    recoveries: Recoveries,
    differences: usize,
}

/// Restarts the broker `count` times and prints the result. Returns whether all services were back in time and every
/// number is right.
pub(crate) async fn run(settings: &Settings, mounts: Mounts, count: usize) -> Result<bool> {
    let began = Instant::now();
    let screen = Screen::new(count as u64);
    screen.say(&format!("SEED={}: {count} restarts of Kafka under load", settings.seed));
    let orders = settings.rate * RESTART.as_secs_f64() * (count + 1) as f64;
    let (world, mut stream) = rounds::set(settings, mounts, orders as u64, 1).await?;
    let done = AtomicBool::new(false);
    let streaming = stream.run(&world.order_system, settings.rate, |_| !done.load(Ordering::Relaxed));
    let restarting = async {
        sleep(BEGIN).await;
        let measured = restart(&world, settings, count, &screen).await;
        done.store(true, Ordering::Relaxed);
        measured
    };
    let ((), measured) = tokio::try_join!(streaming, restarting)?;
    heal(&world).await?;
    let differences = find_differences(&world).await?;
    let recoveries = Recoveries::of(&measured);
    let in_time = recoveries.over_allowed() == 0;
    if !in_time || !differences.is_empty() || settings.logs.is_some() {
        let kept = world.fixture.keep_logs(settings.logs.as_deref())?;
        screen.say(&format!("The logs of services and servers are in {}", kept.display()));
    }
    drop(screen);

    report::differences(&differences);
    let line = Line {
        seed: settings.seed,
        seconds: began.elapsed().as_secs(),
        orders: stream.orders(),
        events: stream.events(),
        recoveries,
        differences: differences.len(),
    };
    line.recoveries.print();
    println!("{} orders in {} events, {} differences", line.orders, line.events, line.differences);
    println!("{}", serde_json::to_string(&line)?);
    Ok(in_time && differences.is_empty())
}

async fn restart(world: &World, settings: &Settings, count: usize, screen: &Screen) -> Result<Vec<Measured>> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(STREAM);
    let mut all = Vec::new();
    for number in 0..count {
        let restart = Restart::draw(&mut rng, number, world.fixture.hosts.is_some());
        let measured = measure(world, restart, AT_LEAST).await?;
        screen.say(&format!("restart {}: {measured}", number + 1));
        screen.doing("", number as u64 + 1);
        all.push(measured);
        // Read in parts, because the whole would be large.
        world.oracle.lock().await.follow(&world.fixture.pipeline).await?;
    }
    Ok(all)
}
