//! Tests of a broker that returns under another advertised address while its clients keep their bootstrap address.

use std::time::Duration;

use anyhow::Context;
use devstack::{Options, Stack, Topic};
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::support;

#[tokio::test]
async fn a_broker_advertises_another_address_from_its_next_start_on() {
    let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await.unwrap();
    let way = stack.proxies().unwrap().endpoints();
    stack.endpoints().create_topics(&[Topic::data("kept", 1)]).await.unwrap();
    support::produce(&way, "kept", "a record").await;

    let second = stack.proxies().unwrap().second_kafka_port();
    stack.kafka_advertises("broker.invalid", second).unwrap();
    stack.kafka().stop().await.unwrap();
    stack.kafka().start().await.unwrap();
    assert_eq!(advertised(way.bootstrap_servers()).await.unwrap(), ("broker.invalid".to_owned(), second));

    stack.kafka_advertises("localhost", second).unwrap();
    stack.kafka().kill().await.unwrap();
    stack.kafka().start().await.unwrap();
    assert_eq!(advertised(way.bootstrap_servers()).await.unwrap(), ("localhost".to_owned(), second));
    assert_eq!(support::consume(&way, "kept").await, "a record");
}

async fn advertised(bootstrap: String) -> anyhow::Result<(String, u16)> {
    let asking = tokio::task::spawn_blocking(move || {
        let client: BaseConsumer = rdkafka::ClientConfig::new().set("bootstrap.servers", bootstrap).create()?;
        let metadata = client.fetch_metadata(None, Duration::from_secs(60))?;
        let broker = metadata.brokers().first().context("no broker is in the metadata")?;
        anyhow::Ok((broker.host().to_owned(), u16::try_from(broker.port())?))
    });
    asking.await?
}
