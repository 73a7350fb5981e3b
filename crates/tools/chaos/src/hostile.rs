//! Hostile input at full size: records, batches and menus that are small on the wire and large in memory.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use comfy_table::Cell;
use devstack::{Options, Stack};
use harness::{
    Layer, Pipeline, Process, Record,
    hostile::{self, ONE_BATCH},
};
use serde::Serialize;

use self::siege::Siege;
use crate::output::report::{self, number};

mod cpu;
mod probes;
mod siege;

/// Memory limit of a pod in the chart, in KiB. A service that takes more is killed there.
const POD_KIB: u64 = 128 << 10;

/// Memory that a service may take under attack, in KiB, without the pages of its program: a debug build is large.
const MAX_KIB: u64 = 100 << 10;

/// Time limit of one attack.
const ATTACK_TIMEOUT: Duration = Duration::from_secs(600);

/// The orders before and behind an attack, which have to be stored.
const NEIGHBOURS: u64 = 2;

/// An attack: its records, and what becomes of them.
struct Attack {
    name: &'static str,
    /// The service that reads them.
    reader: Layer,
    records: Vec<Record>,
    in_one_batch: bool,
    dead_letters: usize,
    /// Orders among its records that are stored.
    orders: u64,
}

/// What one attack costs.
#[derive(Debug, Serialize)]
struct Outcome {
    attack: &'static str,
    peak_kib: [u64; 3],
    kills: usize,
    error: Option<String>,
}

fn attacks() -> Vec<Attack> {
    let orders = |count: u64, products, blanks| {
        (100..100 + count).map(|id| hostile::order(id, "large", products, blanks)).collect::<Vec<_>>()
    };
    let menus = (0..10).map(|number| hostile::order(100 + number, &format!("large-{number}"), 2, 0)).collect();
    let attack = |name, records, in_one_batch, dead_letters, orders| Attack {
        name,
        reader: Layer::Stg,
        records,
        in_one_batch,
        dead_letters,
        orders,
    };
    let mut attacks = vec![
        attack("nothing", Vec::new(), false, 0, 0),
        attack("100 records of 10,000 headers", hostile::headers(100, 10_000), false, 100, 0),
        attack("40 records of 10,000 headers, one gzip batch", hostile::headers(40, 10_000), true, 40, 0),
        attack("200 orders of 1 MB, one gzip batch", orders(200, 1, 1_000_000), true, 200, 0),
        attack("45 orders of 1 MB, one gzip batch that fits", orders(45, 1, 1_000_000), true, 0, 45),
        attack("7 orders of 6 MB, one gzip batch that fits", orders(7, 1, 6_000_000), true, 0, 7),
        attack("a record of 90 MB of text, gzip", vec![hostile::text(90 << 20)], true, 1, 0),
        attack("500,000 records of a byte, one gzip batch", vec![Record::of("x"); 500_000], true, 1, 0),
        attack("10 menus of 3.8 MiB, one batch of orders", menus, false, 0, 10),
        attack("20 orders of 12,000 products", orders(20, 12_000, 0), false, 0, 20),
        attack("20 orders of 17,000 products", orders(20, 17_000, 0), false, 20, 0),
    ];
    attacks.extend(attacks_of_dds());
    attacks
}

/// Attacks of those who may write the topic between stg and dds: orders with up to 14,000 products in 1 MiB, each in a
/// category of its own, and more of them in a compressed batch.
fn attacks_of_dds() -> Vec<Attack> {
    let enriched = hostile::enriched;
    let attack = |name, records, in_one_batch, dead_letters, orders| Attack {
        name,
        reader: Layer::Dds,
        records,
        in_one_batch,
        dead_letters,
        orders,
    };
    let large = |products: usize| (100..120).map(move |id| enriched(id, 0, 0, products));
    let small = (100..120).map(|id| enriched(id, 1, 0, 1));
    let versions = (0..20).map(|number| enriched(100, number, number * 6_000, 6_000));
    vec![
        attack("dds: 20 orders of 14,000 products", large(14_000).collect(), false, 0, 20),
        attack("dds: 3 orders of 20,000 products, one gzip batch", large(20_000).take(3).collect(), true, 0, 3),
        attack("dds: an order of 60,000 products, gzip", large(60_000).take(1).collect(), true, 1, 0),
        attack("dds: 20 versions of an order, of 6,000 other products each", versions.collect(), false, 17, 1),
        attack(
            "dds: 20 orders of 12,000 products, then small versions",
            large(12_000).chain(small).collect(),
            false,
            0,
            20,
        ),
    ]
}

/// Runs every attack and siege whose name contains one of `wanted` (all, if there is none) on a pipeline of its own, and
/// prints the tables. Returns whether no service was killed, none took too much memory, every probe was answered in
/// time, and every number is right.
pub(crate) async fn run(wanted: &[String]) -> Result<bool> {
    let stack = Stack::start(Options::for_tests()).await?;
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.trim()));
    let (mut outcomes, mut sieges) = (Vec::new(), Vec::new());
    for attack in attacks().into_iter().filter(|attack| is_wanted(attack.name)) {
        println!("{}", attack.name);
        outcomes.push(suffer(&stack, attack).await?);
    }
    for siege in siege::sieges().into_iter().filter(|siege: &Siege| is_wanted(siege.name)) {
        println!("{}", siege.name);
        sieges.push(siege::endure(&stack, siege).await?);
    }
    print(&outcomes)?;
    print_sieges(&sieges);
    let is_small = |kib: &u64| *kib <= MAX_KIB;
    let is_good =
        |outcome: &Outcome| outcome.error.is_none() && outcome.kills == 0 && outcome.peak_kib.iter().all(is_small);
    let is_over = |siege: &siege::Outcome| siege.error.is_none() && siege.kib.iter().all(is_small);
    Ok(outcomes.iter().all(is_good) && sieges.iter().all(is_over))
}

fn print_sieges(sieges: &[siege::Outcome]) {
    let columns = ["Siege", "probes", "median", "99 %", "slowest", "failed", "of attackers, failed", "MiB", "result"];
    let mut table = report::table(&columns);
    for siege::Outcome { siege, probes, of_attackers, kib, error } in sieges {
        let times = [probes.median, probes.most, probes.slowest].map(|time| number(format!("{} ms", time.as_millis())));
        let failed = number(probes.failed.len().to_string());
        let others = number(format!("{}, {}", of_attackers.number, of_attackers.failed.len()));
        let memory = number(kib.map(|kib| kib.div_ceil(1024).to_string()).join(", "));
        let cells = [Cell::new(siege), number(probes.number.to_string())].into_iter().chain(times);
        let result = Cell::new_owned(error.as_deref().unwrap_or("right").to_owned());
        table.add_row(cells.chain([failed, others, memory, result]));
    }
    println!("\n{table}\n\nThe time of a probe of /health. The memory of the service before, at most, and after.");
}

fn print(outcomes: &[Outcome]) -> Result<()> {
    let mut table = report::table(&["Attack", "stg", "dds", "cdm", "kills", "result"]);
    for Outcome { attack, peak_kib, kills, error } in outcomes {
        let peaks = peak_kib.map(|kib| number(format!("{} MiB", kib.div_ceil(1024))));
        let result = error.as_deref().unwrap_or("right").to_owned();
        let rest = [number(kills.to_string()), Cell::new_owned(result)];
        table.add_row([Cell::new(attack)].into_iter().chain(peaks).chain(rest));
    }
    println!("\n{table}\n\nPeak of the memory of each service. A pod has {} MiB.", POD_KIB >> 10);
    println!("{}", serde_json::to_string(outcomes)?);
    Ok(())
}

async fn suffer(stack: &Stack, attack: Attack) -> Result<Outcome> {
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?.quiet().in_pods_of_128_mib();
    pipeline.name(&[hostile::user()?, hostile::restaurant("large", 20_000, 3)?]).await?;
    for number in 0..10 {
        pipeline.name(&[hostile::restaurant(&format!("large-{number}"), 20_000, 65)?]).await?;
    }
    let (topic, neighbour) = (pipeline.source(Layer::Stg), |id| hostile::order(id, "large", 1, 0));
    pipeline.produce(&topic, [neighbour(1)]).await?;
    let producer: &[(&str, &str)] = if attack.in_one_batch { &ONE_BATCH } else { &[] };
    pipeline.produce_by(producer, &pipeline.source(attack.reader), attack.records).await?;
    pipeline.produce(&topic, [neighbour(2)]).await?;
    let services = pipeline.start_all().await?;
    let verdict = verdict(&pipeline, NEIGHBOURS + attack.orders, attack.reader, attack.dead_letters).await;
    let (mut peak_kib, mut kills) = ([0; 3], 0);
    for (peak, service) in peak_kib.iter_mut().zip(&services) {
        *peak = peak_of(service).await.unwrap_or_default();
        kills += usize::from(*peak == 0 || *peak > POD_KIB);
    }
    Ok(Outcome { attack: attack.name, peak_kib, kills, error: verdict.err().map(|error| format!("{error:#}")) })
}

async fn peak_of(service: &Process) -> Result<u64> {
    ensure!(service.is_running().await?, "it was killed");
    service.peak_of_data_kib().await.context("its memory cannot be read")
}

/// Waits until everything is processed. Fails if orders or dead letters are missing, or an audit finds something.
async fn verdict(pipeline: &Pipeline, orders: u64, reader: Layer, dead_letters: usize) -> Result<()> {
    pipeline.wait_idle_within(&Layer::ALL, ATTACK_TIMEOUT).await?;
    let stored = pipeline.count("SELECT count(*) FROM dds.h_order").await?;
    ensure!(stored == orders, "{stored} orders instead of {orders}");
    let letters = pipeline.read(&pipeline.dead_letters(reader)).await?.len();
    ensure!(letters == dead_letters, "{letters} dead letters instead of {dead_letters}");
    // Orders that somebody else has sent to dds are unknown to stg.
    let except: &[&str] = if reader == Layer::Stg { &[] } else { &["orders_across_layers"] };
    pipeline.audit_except(except).await
}
