//! Brokers that restart, at the same or another advertised address: consumer and producer work again after each restart.

use std::{sync::Arc, time::Duration};

use ::consumer::{LoopHealth, Message, Publisher as _, Source as _};
use anyhow::Context;
use devstack::{Options, Stack};
use kafka::{Publisher, Source};
use tokio::time::{Instant, sleep, timeout};

use crate::fixture::{Fixture, POLL_INTERVAL};

/// How long consumer and producer may take after the broker is back. The limit is generous: the test is about recovery,
/// not speed.
const BACK: Duration = Duration::from_secs(180);

/// How the broker is stopped, and how it is unreachable meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    Killed,
    Stopped,
    /// It runs, and advertises an address that does not resolve.
    Unresolvable,
}

/// A broker behind a proxy; a source and a publisher that read and write the same topic.
struct Restarts {
    stack: Stack,
    source: Source,
    publisher: Publisher,
    published: usize,
}

impl Restarts {
    /// With properties of librdkafka that override those of the service.
    async fn with(properties: &[(&str, &str)]) -> anyhow::Result<Self> {
        let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await?;
        let mut fixture = Fixture::on(stack.endpoints(), 1).await?;
        let settings = &mut fixture.settings;
        settings.bootstrap_servers = stack.proxies().context("no proxies")?.endpoints().bootstrap_servers();
        settings.destination_topic = Some(settings.source_topic.clone());
        settings.publish_timeout = Duration::from_secs(10);
        settings.properties = properties.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let source = Source::connect(settings, Arc::new(LoopHealth::default()))?;
        let mut restarts = Self { source, publisher: Publisher::connect(settings)?, published: 0, stack };
        restarts.works().await?;
        Ok(restarts)
    }

    /// Publishes a message and reads it.
    async fn works(&mut self) -> anyhow::Result<()> {
        self.published += 1;
        let value = self.published.to_string();
        let message = [Message { key: "key".to_owned(), value: value.clone().into() }];
        let publishing = async {
            while self.publisher.publish(&message, &[]).await.is_err() {
                sleep(POLL_INTERVAL).await;
            }
        };
        timeout(BACK, self.source.poll_while(publishing)).await?;
        let reading = async {
            loop {
                let Ok(batch) = self.source.next(100).await else { continue };
                if batch.iter().any(|record| record.value.as_deref() == Some(value.as_bytes())) {
                    self.source.commit(&batch);
                    break;
                }
            }
        };
        Ok(timeout(BACK, reading).await?)
    }

    /// Stops the broker for this many seconds, under load. It comes back at 127.0.0.1 and this port.
    async fn restart(&mut self, away: Away, seconds: u64, port: u16) -> anyhow::Result<()> {
        let (stack, publisher) = (&self.stack, &self.publisher);
        let restart = async {
            if away == Away::Unresolvable {
                stack.kafka_advertises("broker.invalid", port)?;
                stack.kafka().kill().await?;
                stack.kafka().start().await?;
            }
            sleep(Duration::from_secs(seconds)).await;
            stack.kafka_advertises("127.0.0.1", port)?;
            match away {
                Away::Stopped => stack.kafka().stop().await?,
                Away::Killed | Away::Unresolvable => stack.kafka().kill().await?,
            }
            if away != Away::Unresolvable {
                sleep(Duration::from_secs(seconds)).await;
            }
            stack.kafka().start().await
        };
        let load = async {
            loop {
                let message = Message { key: "key".to_owned(), value: b"load".as_slice().into() };
                let _whatever = publisher.publish(&[message], &[]).await;
                sleep(POLL_INTERVAL).await;
            }
        };
        let restart = async {
            tokio::select! { outcome = restart => outcome, () = load => Ok(()) }
        };
        self.source.poll_while(restart).await?;
        let back = Instant::now();
        self.works().await?;
        println!("{away:?} for {seconds} s, back at port {port}: works after {:?}", back.elapsed());
        Ok(())
    }

    /// Both ports of the proxy; the first is the bootstrap address.
    fn ports(&self) -> anyhow::Result<(u16, u16)> {
        let proxies = self.stack.proxies().context("no proxies")?;
        let first = proxies.endpoints().bootstrap_servers();
        let (_, first) = first.split_once(':').context("an address without a port")?;
        Ok((first.parse()?, proxies.second_kafka_port()))
    }
}

#[tokio::test]
async fn consumer_and_producer_work_again_after_every_restart_of_the_broker() -> anyhow::Result<()> {
    let mut restarts = Restarts::with(&[]).await?;
    let (first, second) = restarts.ports()?;
    restarts.restart(Away::Killed, 1, first).await?;
    restarts.restart(Away::Killed, 12, second).await?; // longer than the session
    restarts.restart(Away::Stopped, 3, first).await?;
    restarts.restart(Away::Unresolvable, 15, second).await?;
    restarts.source.close().await;
    Ok(())
}

#[tokio::test]
async fn clients_that_do_not_reconnect_are_replaced() -> anyhow::Result<()> {
    // With so short a pause, this release of librdkafka never returns to the bootstrap servers.
    let mut restarts = Restarts::with(&[("reconnect.backoff.max.ms", "1000")]).await?;
    let (first, second) = restarts.ports()?;
    restarts.restart(Away::Unresolvable, 15, second).await?;
    restarts.restart(Away::Killed, 12, first).await?;
    restarts.source.close().await;
    Ok(())
}
