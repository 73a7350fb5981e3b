//! The order system: writes generated events to the orders topic during a round, and continues in the next.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};
use workload::source::Event;

use crate::system::order_system::OrderSystem;
use crate::system::writer::Writer;

/// The random stream of the orders, separate from others.
const STREAM: u64 = 3;

/// An endless stream of orders, written without keys to the partitions in turn.
pub(crate) struct Stream {
    generator: Generator,
    bootstrap: String,
    topic: String,
    rng: ChaCha8Rng,
    homes: HashMap<u64, Home>,
}

/// Partition and user of the first event of an order. An event with another user goes to the same partition: only there
/// is it certain to come second, and only then is it certain which of the two a service must reject.
struct Home {
    partition: i32,
    user: String,
}

impl Stream {
    /// A stream with a maximum number of orders.
    pub(crate) fn new(seed: u64, orders: u64, bootstrap: String, topic: String) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        let generator = Generator::new(&Options { mix: Mix::hostile(), ..Options::new(seed, orders) });
        Self { generator, bootstrap, topic, rng, homes: HashMap::new() }
    }

    pub(crate) fn generator(&self) -> &Generator {
        &self.generator
    }

    /// Number of orders whose last event is written.
    pub(crate) fn orders(&self) -> u64 {
        self.generator.counts().orders
    }

    /// All events so far.
    pub(crate) fn events(&self) -> u64 {
        self.generator.counts().events
    }

    /// Writes events at a rate of new orders per second, as long as `goes_on` returns true for the elapsed time.
    /// Returns when the broker has acknowledged them all.
    pub(crate) async fn run(
        &mut self,
        system: &OrderSystem,
        rate: f64,
        goes_on: impl Fn(Duration) -> bool,
    ) -> Result<()> {
        let (begin, before) = (Instant::now(), self.orders());
        let mut turn = system.turn().await;
        let mut writer = self.writer(system)?;
        loop {
            let due = Duration::from_secs_f64((self.orders() - before) as f64 / rate);
            if !goes_on(due) {
                break;
            }
            sleep_until(begin + due).await;
            if system.must_pause() || system.way() != writer.way() {
                finish(writer, system).await?;
                drop(turn);
                turn = system.turn().await;
                writer = self.writer(system)?;
            }
            let Some(event) = self.generator.next() else { break };
            let partition = self.partition(&event, system.partitions());
            writer.write(partition, event.value).await?;
        }
        finish(writer, system).await
    }

    fn writer(&self, system: &OrderSystem) -> Result<Writer> {
        Writer::new(&self.bootstrap, &self.topic, system.way())
    }

    fn partition(&mut self, event: &Event, partitions: i32) -> i32 {
        let anywhere = self.rng.random_range(0..partitions);
        let astray = self.rng.random::<f64>() < 0.3;
        let Some((order, user)) = event.value.as_deref().and_then(order_and_user) else { return anywhere };
        let first = || Home { partition: anywhere, user: user.clone() };
        let home = self.homes.entry(order).or_insert_with(first);
        if astray && home.user == user { anywhere } else { home.partition }
    }
}

async fn finish(writer: Writer, system: &OrderSystem) -> Result<()> {
    let way = writer.way();
    system.count(way, writer.finish().await?);
    Ok(())
}

fn order_and_user(value: &[u8]) -> Option<(u64, String)> {
    let message: Value = serde_json::from_slice(value).ok()?;
    Some((message["object_id"].as_u64()?, message["payload"]["user"]["id"].as_str()?.to_owned()))
}
