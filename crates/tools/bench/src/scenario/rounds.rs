//! Rounds of drains, one of each kind per round, so that changes of the machine affect all kinds alike.

use std::collections::BTreeMap;

use anyhow::Result;
use harness::Layer;

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::scenario::drain::{Drain, drain, per_thousand};
use crate::scenario::floor::floor;
use crate::server::fixture::{Arena, Fixture};
use crate::settings::{Scenario, Settings};

/// The scenarios that a round is made of.
pub(crate) const ROUND: [Scenario; 5] =
    [Scenario::Drain, Scenario::Replay, Scenario::Emptied, Scenario::Partitions, Scenario::Alone];

/// Figures reported of every kind of drain.
struct Kind {
    name: &'static str,
    rate: Figure,
    cpu: Figure,
}

const DRAIN: Kind = Kind {
    name: "drain",
    rate: Figure::new("drain_orders_per_second", "drain, orders/s", 0),
    cpu: Figure::new("drain_cpu_seconds_per_1000_orders", "drain, CPU s per 1,000 orders", 3),
};
const REPLAY: Kind = Kind {
    name: "replay",
    rate: Figure::new("replay_orders_per_second", "replay, orders/s", 0),
    cpu: Figure::new("replay_cpu_seconds_per_1000_orders", "replay, CPU s per 1,000 orders", 3),
};
const EMPTIED: Kind = Kind {
    name: "emptied",
    rate: Figure::new("emptied_orders_per_second", "emptied and analysed, orders/s", 0),
    cpu: Figure::new("emptied_cpu_seconds_per_1000_orders", "emptied and analysed, CPU s per 1,000 orders", 3),
};
const PARTITIONS: Kind = Kind {
    name: "drain_4_partitions",
    rate: Figure::new("drain_4_partitions_orders_per_second", "drain of 4 partitions, orders/s", 0),
    cpu: Figure::new("drain_4_partitions_cpu_seconds_per_1000_orders", "of 4 partitions, CPU s per 1,000 orders", 3),
};

const DRAIN_SECONDS: Figure = Figure::new("drain_seconds", "drain, s", 2);
const FLOOR_SECONDS: Figure = Figure::new("floor_seconds", "floor, s", 2);
const FLOOR_RATE: Figure = Figure::new("floor_orders_per_second", "floor, orders/s", 0);
const OVER_FLOOR: Figure = Figure::new("drain_over_floor", "drain ÷ floor, of their seconds", 2);
const REPLAY_OVER_DRAIN: Figure = Figure::new("replay_over_drain", "replay ÷ drain, of their seconds", 2);
const EMPTIED_OVER_DRAIN: Figure = Figure::new("emptied_over_drain", "emptied ÷ drain, of their seconds", 2);
const ALONE_RATE: Figure = Figure::new("alone_orders_per_second", "alone, orders/s", 0);
const ALONE_CPU: Figure = Figure::new("alone_cpu_seconds_per_1000_orders", "alone, its CPU s per 1,000 orders", 3);
const ALONE_POSTGRESQL: Figure =
    Figure::new("alone_postgresql_cpu_seconds_per_1000_orders", "PostgreSQL with it alone, CPU s per 1,000 orders", 3);

/// One drain of each selected kind.
pub(crate) async fn round(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    if settings.wants_any(&[Scenario::Drain, Scenario::Replay, Scenario::Emptied]) {
        one_partition(fixture, settings, report).await?;
    }
    if settings.wants(Scenario::Partitions) {
        tell("four partitions");
        let arena = fixture.full_arena(4, settings.orders()).await?;
        measure(&PARTITIONS, fixture, &arena, settings, report).await?;
        arena.close().await?;
    }
    if settings.wants(Scenario::Alone) {
        alone(fixture, settings, report).await?;
    }
    Ok(())
}

/// A drain, its floor, and the scenarios that need a loaded system.
async fn one_partition(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    tell("drain");
    let arena = fixture.full_arena(1, settings.orders()).await?;
    let fresh = measure(&DRAIN, fixture, &arena, settings, report).await?;
    report.push(DRAIN_SECONDS, fresh.seconds);
    if settings.wants(Scenario::Drain) {
        tell("floor");
        let floor = floor(fixture, &arena.pipeline).await?;
        report.push(FLOOR_SECONDS, floor);
        report.push(FLOOR_RATE, settings.orders() as f64 / floor);
        report.push(OVER_FLOOR, fresh.seconds / floor);
    }
    if settings.wants(Scenario::Replay) {
        tell("replay");
        arena.pipeline.rewind(Layer::Stg).await?;
        let replay = measure(&REPLAY, fixture, &arena, settings, report).await?;
        report.push(REPLAY_OVER_DRAIN, replay.seconds / fresh.seconds);
    }
    if settings.wants(Scenario::Emptied) {
        tell("truncated and analyzed");
        arena.empty().await?;
        arena.pipeline.rewind(Layer::Stg).await?;
        let emptied = measure(&EMPTIED, fixture, &arena, settings, report).await?;
        report.push(EMPTIED_OVER_DRAIN, emptied.seconds / fresh.seconds);
    }
    report.course = Some((fresh.course, settings.orders()));
    arena.close().await
}

/// A drain through all layers. It counts only if its result is right.
async fn measure(
    kind: &Kind,
    fixture: &Fixture,
    arena: &Arena,
    settings: &Settings,
    report: &mut Report,
) -> Result<Drain> {
    let orders = settings.orders();
    let drained = drain(fixture, arena, &Layer::ALL).await?;
    arena.verify(orders).await?;
    let rate = orders as f64 / drained.seconds;
    report.push(kind.rate, rate);
    report.push_each(kind.cpu, &per_thousand(&drained.cpu_seconds, orders));
    report.remember(kind.name, &drained.peak_rss_mib);
    tell(format!("{}: {:.2} s, {rate:.0} orders/s", kind.name, drained.seconds));
    Ok(drained)
}

/// One service after the other; each finds its topic full, and the machine to itself.
async fn alone(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    tell("each service alone");
    let orders = settings.orders();
    let arena = fixture.full_arena(1, orders).await?;
    let mut drains = BTreeMap::new();
    for layer in Layer::ALL {
        let drained = drain(fixture, &arena, &[layer]).await?;
        tell(format!("{} alone: {:.2} s", layer.stem(), drained.seconds));
        drains.insert(layer.stem(), drained);
    }
    arena.verify(orders).await?;
    let each = |of: &dyn Fn(&'static str, &Drain) -> f64| -> BTreeMap<&'static str, f64> {
        drains.iter().map(|(stem, drained)| (*stem, of(stem, drained))).collect()
    };
    let cpu = |name: &'static str, drained: &Drain| {
        per_thousand(&drained.cpu_seconds, orders).get(name).copied().unwrap_or_default()
    };
    report.push_each(ALONE_RATE, &each(&|_, drained| orders as f64 / drained.seconds));
    report.push_each(ALONE_CPU, &each(&cpu));
    report.push_each(ALONE_POSTGRESQL, &each(&|_, drained| cpu("postgresql", drained)));
    drains.values().for_each(|drained| report.remember("alone", &drained.peak_rss_mib));
    arena.close().await
}
