//! Clients of a stack, and a list of the processes of this machine.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use devstack::Endpoints;
use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use redis::AsyncConnectionConfig;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

/// Timeout of any condition, long enough for a busy machine.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) async fn postgres(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn redis(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(Some(WAIT_TIMEOUT))
        .set_connection_timeout(Some(WAIT_TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&config).await.unwrap()
}

pub(crate) async fn produce(stack: &Endpoints, topic: &str, payload: &str) {
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", stack.bootstrap_servers()).create().unwrap();
    let record: FutureRecord<'_, str, str> = FutureRecord::to(topic).payload(payload);
    producer.send(record, WAIT_TIMEOUT).await.unwrap();
}

/// The first record of partition 0.
pub(crate) async fn consume(stack: &Endpoints, topic: &str) -> String {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", stack.bootstrap_servers())
        .set("group.id", "nobody")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&partitions).unwrap();
    let record = timeout(WAIT_TIMEOUT, consumer.recv()).await.unwrap().unwrap();
    String::from_utf8(record.payload().unwrap().to_vec()).unwrap()
}

/// Waits for a condition of the machine, which has no event for it.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let waiting = async {
        while !condition() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WAIT_TIMEOUT, waiting).await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

/// Number of processes whose working directory or arguments contain `folder`. A zombie has neither.
pub(crate) fn processes_in(folder: &Path) -> usize {
    let folder = folder.to_str().unwrap();
    let mentions = |process: &Path| -> io::Result<bool> {
        let arguments = fs::read(process.join("cmdline"))?;
        let directory = fs::read_link(process.join("cwd")).unwrap_or_default();
        Ok(directory.starts_with(folder) || String::from_utf8_lossy(&arguments).contains(folder))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes.filter(|process| mentions(process).unwrap_or(false)).count()
}
