//! Live orders: latency from produced to visible in the mart, its cost, and the cost of idling.

mod newcomers;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use harness::{Layer, Process};
use tokio::time::{Instant, sleep};
use workload::generator::{self, Generator};

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::output::series::Series;
use crate::scenario::drain::{cpu, finish, peak_rss_mib, per_thousand, spent, usage};
use crate::server::fixture::{Fixture, stop};
use crate::server::machine;
use crate::settings::Settings;
use crate::stream::{self, Sender};
use newcomers::Newcomers;

/// Orders for warming up, which are not measured: the first ones open connections and make plans.
const AHEAD: Duration = Duration::from_secs(2);

/// Time until the services are idle after the last order.
const REST: Duration = Duration::from_secs(3);

const P50: Figure = Figure::new("live_p50_ms", "live, from produced to visible: p50, ms", 1);
const P95: Figure = Figure::new("live_p95_ms", "live, p95, ms", 1);
const P99: Figure = Figure::new("live_p99_ms", "live, p99, ms", 1);
const MOST: Figure = Figure::new("live_most_ms", "live, slowest, ms", 1);
const FSYNC: Figure = Figure::new("live_fsync_ms", "fsync just before and after, ms", 2);
const CPU: Figure = Figure::new("live_cpu_seconds_per_1000_orders", "live, CPU s per 1,000 orders", 3);
const IDLE: Figure = Figure::new("idle_cpu_percent", "at rest, CPU percent of a core", 2);

/// Loads some orders, idles, then sends orders at a constant rate, each of a user who is not in the marts yet.
pub(crate) async fn live(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    let counted = (settings.live().as_secs_f64() * settings.rate).round() as u64;
    let ahead = (AHEAD.as_secs_f64() * settings.rate).round() as u64;
    let before = settings.orders() / 10;
    let mut week = crowd(fixture, before, counted + ahead);
    let arena = fixture.arena(1, &week).await?;
    let mut newcomers = Newcomers::default();
    arena.load(newcomers.meet(week.by_ref().take(usize::try_from(before)?))).await?;
    let services = arena.spawn(&Layer::ALL)?;
    finish(&arena, &arena.pipeline.observer(&Layer::ALL)?, &services, Instant::now()).await?;
    arena.calm().await?;

    tell(format!("idle for {:?}", settings.idle()));
    sleep(REST).await;
    let idle = idle(&services, settings.idle()).await?;

    tell(format!("live: {} orders/s for {:?}", settings.rate, settings.live()));
    let mut fsync = Series::default();
    let mut sender =
        Sender::new(&fixture.stack.endpoints().bootstrap_servers(), arena.pipeline.source(Layer::Stg), settings.rate)?;
    let mut orders = newcomers.only(week);
    drop(stream::run(&mut sender, &arena.pipeline, &mut orders, ahead).await?);
    fsync.push(machine::fsync_ms(fixture.stack.folder())?);
    let used = usage(fixture, &Layer::ALL, &services).await?;
    let latencies = stream::run(&mut sender, &arena.pipeline, &mut orders, counted).await?;
    let used = spent(&used, &usage(fixture, &Layer::ALL, &services).await?);
    fsync.push(machine::fsync_ms(fixture.stack.folder())?);

    finish(&arena, &arena.pipeline.observer(&Layer::ALL)?, &services, Instant::now()).await?;
    let peaks = peak_rss_mib(&Layer::ALL, &services).await?;
    arena.tagged().await?;
    stop(services).await?;
    arena.verify(before + ahead + counted).await?;
    report.push_each(IDLE, &idle);
    tell_of(&latencies, report);
    fsync.iter().for_each(|ms| report.push(FSYNC, ms));
    report.push_each(CPU, &per_thousand(&used, counted));
    report.remember("live", &peaks);
    report.latencies = latencies;
    arena.close().await
}

/// A number of users so large that there is always one who has never ordered.
fn crowd(fixture: &Fixture, before: u64, newcomers: u64) -> Generator {
    let most = before + 4 * newcomers;
    let users = u32::try_from(most).unwrap_or(u32::MAX);
    Generator::new(&generator::Options { users, ..fixture.weekly(most) })
}

/// CPU use of each idle service, in percent of a core.
async fn idle(services: &[Process], length: Duration) -> Result<BTreeMap<&'static str, f64>> {
    let (before, began) = (cpu(&Layer::ALL, services).await?, Instant::now());
    sleep(length).await;
    let used = spent(&before, &cpu(&Layer::ALL, services).await?);
    let length = began.elapsed().as_secs_f64();
    Ok(used.into_iter().map(|(service, seconds)| (service, 100.0 * seconds / length)).collect())
}

fn tell_of(latencies: &[(f64, f64)], report: &mut Report) {
    let all: Series = latencies.iter().map(|(_, took)| *took).collect();
    for (figure, share) in [(P50, 0.5), (P95, 0.95), (P99, 0.99), (MOST, 1.0)] {
        report.push(figure, all.quantile(share));
    }
}
