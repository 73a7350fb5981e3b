//! Fuzzing of whole records on the running services: keys, values, headers, timestamps, tombstones and codecs.
//!
//! One round runs with all other tests. For a long run: `FUZZ_SECONDS=600 FUZZ_SEED=7 cargo test -p e2e --test it
//! hostile::fuzz`. A failure prints the seed of its round, which goes into `SEEDS`, so that every later run tries it.

use std::{env, time::Duration};

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Process, Record};
use tokio::time::Instant;

use crate::story::{closed, restaurant, user};

/// Seeds of rounds that have failed, and the first seed of every run.
const SEEDS: [u64; 1] = [1];

/// Records of one round.
const RECORDS: usize = 400;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Names of headers that a service reads or writes.
const NAMES: [&str; 5] = ["original-timestamp", "replayed-from", "reason", "source-offset", "content-omitted"];

/// Deterministic noise.
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.below(256) as u8).collect()
    }

    fn text(&mut self, most: usize) -> String {
        (0..self.below(most))
            .filter_map(|_| char::from_u32(self.below(0x0002_0000) as u32))
            .filter(|it| *it != '\0')
            .collect()
    }

    /// An order, mostly with a few bytes changed, cut or repeated.
    fn value(&mut self, id: u64) -> Option<Vec<u8>> {
        let mut value = closed(1_000 + id, "u", &["tea"]).message().to_string().into_bytes();
        match self.below(10) {
            0 => return None,
            1 => return Some(self.bytes(300)),
            2 => {}
            3 => value.truncate(self.below(value.len())),
            4 => value.extend(self.bytes(50)),
            5 => value.extend(vec![b' '; self.below(300_000)]),
            _ => {
                for _ in 0..=self.below(3) {
                    let at = self.below(value.len());
                    value[at] = self.below(256) as u8;
                }
            }
        }
        Some(value)
    }

    fn header(&mut self) -> (String, Vec<u8>) {
        let name = if self.below(2) == 0 { NAMES[self.below(NAMES.len())].to_owned() } else { self.text(20) };
        let number = self.below(usize::MAX).to_string().into_bytes();
        (name, if self.below(2) == 0 { number } else { self.bytes(40) })
    }

    fn record(&mut self, id: u64) -> Record {
        let count = if self.below(50) == 0 { self.below(5_000) } else { self.below(4) };
        Record {
            key: (self.below(2) == 0).then(|| self.bytes(40)),
            value: self.value(id),
            headers: (0..count).map(|_| self.header()).collect(),
            timestamp: (self.below(3) == 0).then(|| self.below(1_773_000_000_000) as i64),
            ..Record::default()
        }
    }
}

fn variable(name: &str) -> Result<Option<u64>> {
    env::var(name).ok().map(|text| text.parse().with_context(|| name.to_owned())).transpose()
}

#[tokio::test]
async fn no_record_stops_a_service() -> Result<()> {
    let pipeline = Pipeline::start(2).await?.in_pods_of_128_mib();
    pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
    let services = pipeline.start_all().await?;
    let end = Instant::now() + Duration::from_secs(variable("FUZZ_SECONDS")?.unwrap_or_default());
    let first = variable("FUZZ_SEED")?.unwrap_or(SEEDS[0]);
    let mut seeds = SEEDS.into_iter().chain(first + 1..);
    let mut rounds = 0;
    while let Some(seed) = seeds.next()
        && (rounds < SEEDS.len() as u64 || Instant::now() < end)
    {
        rounds += 1;
        round(&pipeline, &services, seed, rounds).await.with_context(|| format!("seed {seed}"))?;
    }
    println!("{rounds} rounds of {RECORDS} records");
    pipeline.audit().await
}

/// One round: the records, and an order behind them, which has to be stored.
async fn round(pipeline: &Pipeline, services: &[Process], seed: u64, number: u64) -> Result<()> {
    let mut noise = Noise(seed);
    let topic = pipeline.source(Layer::Stg);
    for codec in CODECS {
        let records: Vec<Record> = (0..RECORDS / CODECS.len()).map(|id| noise.record(id as u64)).collect();
        pipeline.produce_by(&[("compression.type", codec), ("linger.ms", "50")], &topic, records).await?;
    }
    pipeline.produce(&topic, [closed(number, "u", &["tea"]).record()]).await?;
    pipeline.wait_idle().await?;
    for service in services {
        ensure!(service.is_running().await?, "{} has ended", service.name());
        ensure!(!service.log()?.contains("panicked"), "{} has panicked", service.name());
    }
    let stored = pipeline.count(&format!("SELECT count(*) FROM dds.h_order WHERE order_id = '{number}'")).await?;
    ensure!(stored == 1, "the order behind the records is missing");
    Ok(())
}
