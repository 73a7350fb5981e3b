//! Tests of the endpoints over a socket.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use consumer::{Dependency, LoopHealth, StallCause, Step, Waiting, record::Coordinates};
use database::POSTGRES;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time,
};

use super::*;

const DEPENDENCIES: [Dependency; 2] = [POSTGRES, Dependency { name: "kafka", setting: "KAFKA_BOOTSTRAP_SERVERS" }];

/// Age of the heartbeat at which the loop counts as hanging.
const HANGS_AFTER: Duration = Duration::from_secs(60);

struct Probe {
    address: SocketAddr,
    loop_health: Arc<LoopHealth>,
}

impl Probe {
    async fn start(metrics: PrometheusHandle) -> io::Result<Self> {
        let (health, loop_health) = (Health::default(), Arc::new(LoopHealth::of(&DEPENDENCIES)));
        health.register(Arc::clone(&loop_health) as _);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let endpoints = Endpoints { health, metrics, clock: noon, healthy: "healthy" };
        let routes = probes(endpoints.clone()).merge(super::metrics(endpoints));
        tokio::spawn(axum::serve(listener, routes).into_future());
        Ok(Self { address, loop_health })
    }

    /// The status and the body.
    async fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Ok((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
    }

    /// A line of `/metrics`.
    async fn assert_metric(&self, series: &str, value: &str) -> io::Result<()> {
        let (_, page) = self.get("/metrics").await?;
        let found = page.lines().find_map(|line| line.strip_prefix(series)).map(str::trim);
        assert_eq!(found.map(|found| found.split('.').next().unwrap()), Some(value), "{series} in {page}");
        Ok(())
    }
}

/// 2026-03-09 12:00:00 UTC.
fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_057_600)
}

fn no_metrics() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}

#[tokio::test(start_paused = true)]
async fn health_is_ok_while_the_loop_runs() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    assert_eq!(probe.get("/health").await?, (200, "healthy".to_owned()));
    time::advance(HANGS_AFTER).await;
    assert_eq!(probe.get("/health").await?, (503, "the loop has had no heartbeat for 60 s".to_owned()));
    probe.loop_health.heartbeat();
    assert_eq!(probe.get("/health").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn partitions_that_were_lost_are_not_assigned_until_the_group_settles() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    let unassigned = r#"{"ready":false,"reasons":[{"reason":"no-partitions-assigned"}]}"#;
    for partitions in [3, 0] {
        probe.loop_health.assigned(partitions);
        assert_eq!(probe.get("/ready").await?.0, 200, "a member with {partitions} partitions");
        probe.loop_health.unassigned();
        assert_eq!(probe.get("/ready").await?, (503, unassigned.to_owned()));
    }
    Ok(())
}

#[test]
fn the_runbook_of_stalls_has_every_cause() -> io::Result<()> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../deploy/operations.md"))?;
    for cause in StallCause::ALL {
        let row = format!("\n| `{}` | ", cause.name());
        assert!(page.contains(&row), "deploy/operations.md has no row for {}", cause.name());
    }
    Ok(())
}

#[tokio::test]
async fn ready_names_the_dependency_that_is_waited_for() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    let unassigned = r#"{"ready":false,"reasons":[{"reason":"no-partitions-assigned"}]}"#;
    assert_eq!(probe.get("/ready").await?, (503, unassigned.to_owned()));

    probe.loop_health.assigned(0);
    assert_eq!(probe.get("/ready").await?, (200, r#"{"ready":true,"reasons":[]}"#.to_owned()));

    let error = "connection refused".to_owned();
    probe.loop_health.set_waiting(Some(Waiting { dependency: POSTGRES, error, attempts: 3, record: None }));
    let waiting = r#"{"reason":"waiting-for","dependency":"postgres","error":"connection refused","attempts":3}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{waiting}]}}"#)));
    Ok(())
}

#[tokio::test]
async fn a_stalled_partition_is_named_until_it_resumes() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    probe.loop_health.assigned(2);
    probe.loop_health.set_stall(StallCause::PartitionError, "orders/1", "unsupported codec zstd");
    let stalled = r#"{"reason":"stalled","cause":"partition-error","subject":"orders/1","error":"unsupported codec zstd","seconds":0}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{stalled}]}}"#)));
    probe.loop_health.clear_stall(StallCause::PartitionError, "orders/1");
    assert_eq!(probe.get("/ready").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn ready_names_the_record_that_delays_all_others() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    probe.loop_health.assigned(1);
    let record = Some(Coordinates { topic: "orders".to_owned(), partition: 2, offset: 41 });
    let error = "23505 duplicate key".to_owned();
    probe.loop_health.set_waiting(Some(Waiting { dependency: POSTGRES, error, attempts: 11, record }));
    let waiting = r#"{"reason":"waiting-for","dependency":"postgres","error":"23505 duplicate key","attempts":11,"#;
    let record = r#""record":{"topic":"orders","partition":2,"offset":41}}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{waiting}{record}]}}"#)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ready_reports_a_hanging_step_and_a_stopped_loop() -> io::Result<()> {
    let probe = Probe::start(no_metrics()).await?;
    probe.loop_health.assigned(1);
    probe.loop_health.set_step(Step::Storing);
    time::advance(Duration::from_secs(14)).await;
    assert_eq!(probe.get("/ready").await?.0, 200);

    time::advance(Duration::from_secs(17)).await;
    probe.loop_health.heartbeat();
    let slow = r#"{"reason":"slow-step","step":"storing","seconds":31}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{slow}]}}"#)));

    probe.loop_health.set_step(Step::Idle);
    time::advance(Duration::from_secs(16)).await;
    let still = r#"{"reason":"no-heartbeat","seconds":16}"#;
    assert_eq!(probe.get("/ready").await?, (503, format!(r#"{{"ready":false,"reasons":[{still}]}}"#)));
    probe.loop_health.heartbeat();
    assert_eq!(probe.get("/ready").await?.0, 200, "nothing to do is no step that hangs");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn metrics_report_the_state_of_the_loop() -> io::Result<()> {
    let recorder = PrometheusBuilder::new().add_global_label("service", "stg-service").build_recorder();
    let _local = ::metrics::set_default_local_recorder(&recorder);
    let probe = Probe::start(recorder.handle()).await?;
    probe.loop_health.assigned(1);
    probe.loop_health.set_step(Step::Storing);
    time::advance(Duration::from_secs(7)).await;
    assert_eq!(probe.get("/metrics").await?.0, 200);
    for (series, value) in [
        ("tagmill_ready{service=\"stg-service\"}", "1"),
        ("tagmill_last_commit_timestamp_seconds{service=\"stg-service\"}", "1773057593"),
        ("tagmill_loop_heartbeat_timestamp_seconds{service=\"stg-service\"}", "1773057593"),
        ("tagmill_step_seconds{service=\"stg-service\",step=\"storing\"}", "7"),
        ("tagmill_step_seconds{service=\"stg-service\",step=\"publishing\"}", "0"),
        ("tagmill_dependency_waiting{service=\"stg-service\",dependency=\"postgres\"}", "0"),
        ("tagmill_stuck_records{service=\"stg-service\"}", "0"),
    ] {
        probe.assert_metric(series, value).await?;
    }

    let record = Some(Coordinates { topic: "orders".to_owned(), partition: 2, offset: 41 });
    probe.loop_health.set_waiting(Some(Waiting { dependency: POSTGRES, error: String::new(), attempts: 11, record }));
    for (series, value) in [
        ("tagmill_ready{service=\"stg-service\"}", "0"),
        ("tagmill_dependency_waiting{service=\"stg-service\",dependency=\"postgres\"}", "1"),
        ("tagmill_dependency_waiting{service=\"stg-service\",dependency=\"kafka\"}", "0"),
        ("tagmill_dependency_attempts{service=\"stg-service\",dependency=\"postgres\"}", "11"),
        ("tagmill_stuck_records{service=\"stg-service\"}", "1"),
    ] {
        probe.assert_metric(series, value).await?;
    }
    Ok(())
}
