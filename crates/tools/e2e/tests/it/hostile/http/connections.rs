//! More connections than a service has file descriptors: idle ones, and some that are slow or large in every way.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{
    Layer, Pipeline, Process, Workload,
    hostile::clients::{ADDRESSES, Attack, Client, PROBER, limit_files, probe},
    until,
};

use super::{MAX_DATA_KIB, OWN_FILES};

const WAIT_TIMEOUT: Duration = Duration::from_secs(120);

/// Clients of each kind, of each attacked service.
const CLIENTS: usize = 250;

/// A service may hold so much more after the attack than before it: what the allocator keeps.
const KEPT_KIB: u64 = 16 << 10;

#[tokio::test]
async fn neither_silence_the_probes_nor_stop_the_orders_nor_fill_the_memory() -> Result<()> {
    let week = Workload::clean(91, 400);
    let pipeline = Pipeline::start(1).await?.in_pods_of_128_mib();
    pipeline.name(&week.reference).await?;
    let services = pipeline.start_all().await?;
    for service in &services {
        limit_files(service, OWN_FILES).await?;
    }
    let (before, during) = week.events.split_at(week.events.len() / 2);
    pipeline.load(before).await?;
    pipeline.wait_idle().await?;
    let mut attacked = Vec::new();
    for (service, path) in [(&services[0], "/metrics"), (&services[2], "/dashboard/echarts.js")] {
        let kinds =
            [Client::Idle, Client::SlowHeader, Client::HugeHeader, Client::SlowReader(path), Client::Greedy(path)];
        let held = service.data_kib().await?;
        attacked.push((service, held, Attack::start(service.address(), CLIENTS, &kinds)?));
    }
    for (service, ..) in &attacked {
        until("connections are closed for new ones", WAIT_TIMEOUT, async || {
            probe(service).await?;
            Ok(service.metric("tagmill_http_connections_closed_total").await.is_ok_and(|closed| closed > 500.0))
        })
        .await?;
    }
    pipeline.load(during).await?;
    let probing = async {
        loop {
            for service in &services {
                probe(service).await?;
            }
        }
    };
    tokio::select! {
        idle = pipeline.wait_idle() => idle?,
        failed = probing => return failed,
    }
    for (service, held, attack) in attacked {
        let peak = service.peak_of_data_kib().await?;
        println!("{}: {held} KiB before, {peak} KiB at most", service.name());
        ensure!(peak <= MAX_DATA_KIB, "{}: {peak} KiB", service.name());
        drop(attack);
        until("memory has returned", WAIT_TIMEOUT, async || Ok(service.data_kib().await? <= held + KEPT_KIB)).await?;
    }
    // The page is as it was.
    ensure!(services[Layer::Cdm as usize].get("/dashboard/data?tab=tags").await?.0 == 200);
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// Both probes answer, while the attack goes on.
async fn probe(service: &Process) -> Result<()> {
    for path in ["/health", "/ready"] {
        let (status, body) = service.get(path).await?;
        ensure!(status == 200, "{} {path}: {status} {body}", service.name());
    }
    Ok(())
}
