//! Hostile clients at full size: 10,000 connections to one HTTP port, and 2,000 clients of the largest asset at a tenth of
//! a processor. Probes are timed meanwhile, and orders flow.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use devstack::Stack;
use harness::{
    Layer, Pipeline, Process, Workload,
    hostile::clients::{ADDRESSES, Attack, Client, PROBER, limit_files},
    until,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    cpu::Quota,
    probes::{Figures, Probes},
};

/// File descriptors of this process: more than there are connections.
const OWN_FILES: u64 = 12_000;

/// How long a siege lasts at least. Orders come meanwhile.
const DURATION: Duration = Duration::from_secs(60);

/// Time limit for the orders, and for the memory to return.
const WAIT_TIMEOUT: Duration = Duration::from_secs(300);

/// A service may hold so much more after an attack than before it: free memory that glibc keeps.
const KEPT_KIB: u64 = 16 << 10;

const ASSET: &str = "/dashboard/echarts.js";

/// Clients that attack one service.
pub(super) struct Siege {
    pub(super) name: &'static str,
    attacked: Layer,
    /// Clients of each kind.
    clients: usize,
    kinds: &'static [Client],
    /// The share of a processor that the service may use.
    millicores: Option<u64>,
    /// Maximum time of a probe.
    max: Duration,
}

/// What one siege costs.
pub(super) struct Outcome {
    pub(super) siege: &'static str,
    /// Probes from an address of their own.
    pub(super) probes: Figures,
    /// Probes from an address of the attackers, which shares the limit of that address.
    pub(super) of_attackers: Figures,
    /// Memory before, at most, and after.
    pub(super) kib: [u64; 3],
    pub(super) error: Option<String>,
}

pub(super) fn sieges() -> Vec<Siege> {
    let slow = &[Client::Idle, Client::Idle, Client::SlowHeader, Client::SlowReader("/metrics")];
    let siege = |name, attacked, kinds, clients, millicores, seconds| Siege {
        name,
        attacked,
        clients,
        kinds,
        millicores,
        max: Duration::from_secs(seconds),
    };
    vec![
        siege("10,000 connections to stg, slow and idle", Layer::Stg, slow, 2_500, None, 1),
        siege("10,000 connections to cdm, slow and idle", Layer::Cdm, slow, 2_500, None, 1),
        siege("2,000 clients of an asset at 100m CPU", Layer::Cdm, &[Client::Greedy(ASSET)], 2_000, Some(100), 5),
    ]
}

/// Attacks a pipeline of its own.
pub(super) async fn endure(stack: &Stack, siege: Siege) -> Result<Outcome> {
    let week = Workload::clean(91, 400);
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?.quiet().in_pods_of_128_mib();
    pipeline.name(&week.reference).await?;
    let services = pipeline.start_all().await?;
    let (before, during) = week.events.split_at(week.events.len() / 2);
    pipeline.load(before).await?;
    pipeline.wait_idle_within(&Layer::ALL, WAIT_TIMEOUT).await?;
    let service = &services[siege.attacked as usize];
    limit_files(service, OWN_FILES).await?;
    let quota = quota(service, siege.millicores).await?;
    let held = service.data_kib().await?;

    let attack = Attack::start(service.address(), siege.clients, siege.kinds)?;
    let (probes, of_attackers) = (Arc::<Probes>::default(), Arc::<Probes>::default());
    let mut probing = JoinSet::new();
    for (probes, from) in [(&probes, PROBER), (&of_attackers, ADDRESSES[0])] {
        probing.spawn(Arc::clone(probes).probe(service.address(), from));
    }
    let end = Instant::now() + DURATION;
    pipeline.load(during).await?;
    let orders = pipeline.wait_idle_within(&Layer::ALL, WAIT_TIMEOUT).await;
    sleep_until(end).await;
    probing.shutdown().await;
    let peak = service.peak_of_data_kib().await?;
    drop((attack, quota));

    let (probes, of_attackers) = (probes.figures(), of_attackers.figures());
    let verdict = async {
        orders?;
        ensure!(probes.failed.is_empty(), "{} probes failed: {:?}", probes.failed.len(), probes.failed.first());
        ensure!(probes.slowest <= siege.max, "a probe took {:?}", probes.slowest);
        recover(service, held).await?;
        pipeline.audit().await?;
        pipeline.assert_marts(&week.expected()).await
    };
    let error = verdict.await.err().map(|error| format!("{error:#}"));
    let kib = [held, peak, service.data_kib().await?];
    Ok(Outcome { siege: siege.name, probes, of_attackers, kib, error })
}

/// Limits the processor of a service. Without the right to do so it goes on without a limit, and says it.
async fn quota(service: &Process, millicores: Option<u64>) -> Result<Option<Quota>> {
    let Some(millicores) = millicores else { return Ok(None) };
    let id = service.id().await.context("the service has exited")?;
    let quota = Quota::of(id, millicores);
    Ok(quota.inspect_err(|error| println!("without a limit of the processor, because cgroups refuse: {error}")).ok())
}

/// Waits until the memory is what it was.
async fn recover(service: &Process, held: u64) -> Result<()> {
    let back = async || Ok(service.data_kib().await? <= held + KEPT_KIB);
    until("memory has returned", WAIT_TIMEOUT, back).await
}
