//! Tests of replaced consumers, on librdkafka's mock cluster.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use ::consumer::{LoopHealth, Source as _, Waiting};
use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};
use tokio::time::{sleep, timeout};

use super::*;

type Mock = MockCluster<'static, DefaultProducerContext>;

const SOON: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A source on a mock cluster, whose topic is empty.
fn source() -> (Mock, Source, Arc<LoopHealth>) {
    let cluster = MockCluster::new(1).expect("a cluster");
    cluster.create_topic("source", 1, 1).expect("a topic");
    let settings = Settings {
        bootstrap_servers: cluster.bootstrap_servers(),
        group_id: "group".to_owned(),
        source_topic: "source".to_owned(),
        ..Settings::default()
    };
    let loop_health = Arc::new(LoopHealth::default());
    let source = Source::connect(&settings, Arc::clone(&loop_health)).expect("a source");
    (cluster, source, loop_health)
}

/// Keeps the source in its group until the condition is true.
async fn until(source: &mut Source, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(POLL_INTERVAL).await;
        }
    };
    timeout(SOON, source.poll_while(waiting)).await.expect("the condition is not true in time");
}

/// Whether this process has a thread of this name.
fn is_running(name: &str) -> bool {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok())
        .any(|thread| thread.trim() == name)
}

#[tokio::test]
async fn a_wait_for_kafka_ends_when_the_replacing_consumer_reaches_the_brokers() {
    let (cluster, mut source, loop_health) = source();
    until(&mut source, || loop_health.partitions() == Some(1)).await;

    cluster.broker_down(1).expect("a broker");
    let error = timeout(SOON, source.next(1)).await.expect("an outage is reported").expect_err("no broker is running");
    loop_health.set_waiting(Some(Waiting {
        dependency: error.dependency,
        error: error.error,
        attempts: 1,
        record: None,
    }));
    // The new consumer reaches the broker at once and reports no outage.
    cluster.broker_up(1).expect("a broker");
    source.begin_anew("a test").expect("another consumer");
    until(&mut source, || loop_health.waiting().is_none()).await;
    until(&mut source, || loop_health.partitions() == Some(1)).await;
    source.close().await;
}

#[tokio::test]
async fn replaced_consumers_are_dropped() {
    let (_cluster, mut source, loop_health) = source();
    let mut former: Vec<Weak<Consumer>> = Vec::new();
    for _ in 0..3 {
        until(&mut source, || loop_health.partitions() == Some(1)).await;
        former.push(Arc::downgrade(&source.consumer));
        source.begin_anew("a test").expect("another consumer");
    }
    // The thread that closes a client ends after the client's own threads.
    let are_gone = || former.iter().all(|consumer| consumer.strong_count() == 0) && !is_running("leave-group");
    until(&mut source, are_gone).await;
    until(&mut source, || loop_health.partitions() == Some(1)).await;
    source.close().await;
}
