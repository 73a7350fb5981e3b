//! Tests of records, batches and menus that take much more memory than they have bytes: they cost themselves only.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{
    Layer, Pipeline, Process, Record,
    hostile::{self, ONE_BATCH},
    until,
};
use serde_json::Value;

use crate::story::{closed, restaurant, user};

/// Memory limit of a service under attack in KiB: 100 MiB, of which a release build takes 16 for itself.
const MAX_DATA_KIB: u64 = 84 << 10;

/// Memory limit of `dead-letters replay` in KiB. It runs beside the service in the same pod.
const MAX_REPLAY_KIB: u64 = 40 << 10;

const MIB: usize = 1 << 20;

/// Properties of a producer.
type Producer<'a> = &'a [(&'a str, &'a str)];

/// The orders that are stored whatever is around them.
const NEIGHBOURS: [u64; 3] = [1, 2, 3];

/// A pipeline of one partition in pods, with the names that `neighbour` needs.
async fn pipeline() -> Result<Pipeline> {
    let pipeline = Pipeline::start(1).await?.in_pods_of_128_mib();
    let large = hostile::restaurant("large", 12_000, 3)?;
    pipeline.name(&[user("u")?, restaurant(&["tea"])?, hostile::user()?, large]).await?;
    Ok(pipeline)
}

/// Sends a neighbour, then the attack, then another neighbour, and so on.
async fn attack(pipeline: &Pipeline, attacks: [(Vec<Record>, Producer<'_>); 2]) -> Result<()> {
    let topic = pipeline.source(Layer::Stg);
    let neighbour = |id| closed(id, "u", &["tea"]).record();
    pipeline.produce(&topic, [neighbour(NEIGHBOURS[0])]).await?;
    for (id, (records, producer)) in NEIGHBOURS[1..].iter().zip(attacks) {
        pipeline.produce_by(producer, &topic, records).await?;
        pipeline.produce(&topic, [neighbour(*id)]).await?;
    }
    Ok(())
}

/// Waits until everything is processed, and checks that no service was killed, that none took too much memory, and that
/// the neighbours are stored.
async fn survive(pipeline: &Pipeline, services: &[Process]) -> Result<()> {
    survive_as(pipeline, services, &[]).await
}

/// The same after an attack on the topic of dds: its orders are unknown to stg.
async fn survive_behind_stg(pipeline: &Pipeline, services: &[Process]) -> Result<()> {
    survive_as(pipeline, services, &["orders_across_layers"]).await
}

async fn survive_as(pipeline: &Pipeline, services: &[Process], except: &[&str]) -> Result<()> {
    pipeline.wait_idle().await?;
    for service in services {
        ensure!(service.is_running().await?, "{} was killed", service.name());
        let peak = service.peak_of_data_kib().await?;
        println!("{}: {peak} KiB", service.name());
        ensure!(peak <= MAX_DATA_KIB, "{} took {peak} KiB", service.name());
    }
    let stored = pipeline.sql("SELECT order_id FROM dds.h_order WHERE order_id::bigint <= 3 ORDER BY 1").await?;
    assert_eq!(stored, NEIGHBOURS.map(|id| id.to_string()));
    pipeline.audit_except(except).await
}

/// The reasons of the dead letters of STG, and their offsets in the source topic.
async fn letters(pipeline: &Pipeline) -> Result<Vec<(String, i64)>> {
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    let offset = |letter: &Record| letter.header("source-offset").and_then(|offset| offset.parse().ok());
    let of = |letter: &Record| Some((letter.header("reason")?, offset(letter)?));
    let mut all: Vec<_> = letters.iter().filter_map(of).collect();
    all.sort_by_key(|(_, offset)| *offset);
    Ok(all)
}

#[tokio::test]
async fn headers_count_with_what_they_cost_in_memory() -> Result<()> {
    let pipeline = pipeline().await?;
    let records = || hostile::headers(30, 10_000);
    attack(&pipeline, [(records(), &[]), (records(), &ONE_BATCH)]).await?;
    let services = pipeline.start_all().await?;
    survive(&pipeline, &services).await?;
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Stg)).await?;
    ensure!(letters.len() == 60, "{} dead letters", letters.len());
    ensure!(letters.iter().all(|letter| letter.headers.len() == 10_000 + 7), "headers are missing");
    Ok(())
}

#[tokio::test]
async fn a_batch_that_does_not_fit_is_skipped_and_can_be_replayed_with_more_memory() -> Result<()> {
    let pipeline = pipeline().await?;
    let padded = (100..160).map(|id| hostile::order(id, "large", 1, 1_000_000)).collect();
    attack(&pipeline, [(padded, &ONE_BATCH), (vec![hostile::text(90 * MIB)], &ONE_BATCH)]).await?;
    let services = pipeline.start_all().await?;
    survive(&pipeline, &services).await?;
    let skipped = (1..61).chain([62]).map(|offset| ("too-large".to_owned(), offset));
    assert_eq!(letters(&pipeline).await?, skipped.collect::<Vec<_>>());
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, 3);
    drop(services);

    let enough = pipeline.service(Layer::Stg).env("MEMORY_LIMIT", "1GiB");
    let replay = enough.run(&["dead-letters", "replay", "--yes"]).await?;
    let (said, errors) = (String::from_utf8_lossy(&replay.stdout), String::from_utf8_lossy(&replay.stderr));
    ensure!(said.contains("sent back 60 to"), "{said}{errors}");
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, 63);
    pipeline.audit().await
}

#[tokio::test]
async fn records_count_with_what_they_cost_in_the_client() -> Result<()> {
    let pipeline = pipeline().await?;
    let empty = || vec![Record::of("x"); 150_000];
    attack(&pipeline, [(empty(), &ONE_BATCH), (vec![Record::of("x"); 20_000], &[])]).await?;
    let services = pipeline.start_all().await?;
    survive(&pipeline, &services).await?;
    let letters = letters(&pipeline).await?;
    let (large, others): (Vec<_>, Vec<_>) = letters.into_iter().partition(|(reason, _)| reason == "too-large");
    // One letter stands for a batch of so many records.
    assert_eq!(large, [("too-large".to_owned(), 150_000)]);
    assert_eq!(others.len(), 20_000);
    let log = services.first().map(Process::log).transpose()?.unwrap_or_default();
    let lines = log.lines().filter(|line| line.contains("the record went to the dead-letter topic")).count();
    ensure!(lines <= 40, "{lines} lines about dead letters");
    Ok(())
}

#[tokio::test]
async fn large_menus_pass_one_by_one() -> Result<()> {
    let pipeline = pipeline().await?;
    let mut orders = Vec::new();
    for number in 0..10 {
        let id = format!("large-{number}");
        pipeline.name(&[hostile::restaurant(&id, 20_000, 65)?]).await?;
        orders.push(hostile::order(100 + number, &id, 2, 0));
    }
    attack(&pipeline, [(orders.clone(), &[]), (orders, &[])]).await?;
    let services = pipeline.start_all().await?;
    survive(&pipeline, &services).await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, 13);
    Ok(())
}

#[tokio::test]
async fn orders_of_twelve_thousand_products_pass_every_service() -> Result<()> {
    let pipeline = pipeline().await?;
    let order = |id| hostile::order(id, "large", 12_000, 0);
    attack(&pipeline, [((100..104).map(order).collect(), &[]), ((104..106).map(order).collect(), &[])]).await?;
    let services = pipeline.start_all().await?;
    survive(&pipeline, &services).await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, 9);
    Ok(())
}

#[tokio::test]
async fn small_versions_of_large_orders_are_stored_a_few_at_a_time() -> Result<()> {
    let pipeline = pipeline().await?;
    attack(&pipeline, [(Vec::new(), &[]), (Vec::new(), &[])]).await?;
    let (large, small) = (|id| hostile::enriched(id, 0, 0, 10_000), |id| hostile::enriched(id, 1, 0, 1));
    let topic = pipeline.source(Layer::Dds);
    pipeline.produce(&topic, (100..112).map(large)).await?;
    pipeline.produce(&topic, (100..112).map(small)).await?;
    let services = pipeline.start_all().await?;
    survive_behind_stg(&pipeline, &services).await?;
    assert_eq!(pipeline.count("SELECT count(*) FROM dds.h_order").await?, 15);
    let parts = "SELECT count(*) FROM dds.bv_order_states
        WHERE cardinality(product_pks) = 10000 AND (SELECT sum(quantity) FROM unnest(quantities) AS quantity) = 1";
    assert_eq!(pipeline.count(parts).await?, 12);
    Ok(())
}

#[tokio::test]
async fn an_order_of_very_many_products_is_a_dead_letter_of_dds() -> Result<()> {
    let pipeline = pipeline().await?;
    attack(&pipeline, [(Vec::new(), &[]), (Vec::new(), &[])]).await?;
    let topic = pipeline.source(Layer::Dds);
    let versions = (0..3).map(|number| hostile::enriched(101, number, number * 8_000, 8_000));
    pipeline.produce_by(&ONE_BATCH, &topic, vec![hostile::enriched(100, 0, 0, 30_000)]).await?;
    pipeline.produce(&topic, versions).await?;
    let services = pipeline.start_all().await?;
    survive_behind_stg(&pipeline, &services).await?;
    let letters = pipeline.read(&pipeline.dead_letters(Layer::Dds)).await?;
    let errors: Vec<_> = letters.iter().map(|letter| (letter.header("reason"), letter.header("error"))).collect();
    let error = |products: &str| Some(format!("the order has or had {products} products, and 20000 are allowed"));
    assert_eq!(errors, ["30000", "24000"].map(|products| (Some("too-large".to_owned()), error(products))));
    Ok(())
}

#[tokio::test]
async fn a_panic_is_one_line_of_the_log() -> Result<()> {
    let pipeline = pipeline().await?;
    let service = pipeline.service(Layer::Stg).env("FAILPOINTS", "stored=panic").start().await?;
    pipeline.produce(&pipeline.source(Layer::Stg), [closed(1, "u", &["tea"]).record()]).await?;
    until("the service has panicked", Duration::from_secs(30), async || Ok(!service.is_running().await?)).await?;
    let log = service.log()?;
    let lines = log.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    let is_panic = |line: &&Value| line["message"].as_str().is_some_and(|text| text.contains("panicked"));
    let panics: Vec<&Value> = lines.iter().filter(is_panic).collect();
    let [panic] = panics.as_slice() else { anyhow::bail!("{} lines", panics.len()) };
    ensure!(panic["error"].as_str().is_some_and(|text| text.contains("failpoint stored")), "{panic}");
    Ok(())
}

#[tokio::test]
async fn a_replay_of_large_dead_letters_reads_little_ahead() -> Result<()> {
    let pipeline = pipeline().await?;
    let letters = vec![hostile::text(1_000_000); 150];
    pipeline.produce(&pipeline.source(Layer::Stg), letters).await?;
    let service = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    service.stop().await?;
    let replay = pipeline.service(Layer::Stg).run_measured(&["dead-letters", "replay", "--yes"]);
    let (output, peak) = replay.await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("sent back 150 to"), "{said}");
    println!("dead-letters replay: {peak} KiB");
    ensure!(peak <= MAX_REPLAY_KIB, "the command took {peak} KiB");
    Ok(())
}
