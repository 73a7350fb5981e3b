//! Test of thousands of orders that arrive before Redis is filled: none is lost, duplicates occur only after a crash,
//! memory is bounded.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Record, Workload, until};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use workload::source::Reference;

/// Time limit for orders to be sent after Redis is filled.
const SOON: Duration = Duration::from_secs(240);

/// Memory limit of STG in KiB: 64 MiB, of which a release build takes 16 for itself. A pod has 128.
const MAX_DATA_KIB: u64 = 48 << 10;

/// Orders of the first day; `PARKED_ORDERS` makes it a larger one.
fn first_day() -> Result<u64> {
    std::env::var("PARKED_ORDERS").map_or(Ok(3_000), |orders| Ok(orders.parse()?))
}

/// Waits until nothing is parked and nothing unsent.
async fn drained(pipeline: &Pipeline) -> Result<()> {
    let nothing = async || Ok((pipeline.parked().await?, pipeline.unsent().await?) == (0, 0));
    until("all parked orders are sent", SOON, nothing).await
}

/// Messages by order, ascending, including repetitions; two messages of one order must be equal.
async fn sent(pipeline: &Pipeline) -> Result<HashMap<i64, u64>> {
    let mut times: HashMap<i64, u64> = HashMap::new();
    let mut told: HashMap<i64, Record> = HashMap::new();
    for record in pipeline.read(&pipeline.source(Layer::Dds)).await? {
        let order = record.json()?["object_id"].as_i64().context("no object_id")?;
        *times.entry(order).or_default() += 1;
        let first = told.entry(order).or_insert_with(|| record.clone());
        ensure!((&first.key, &first.value) == (&record.key, &record.value), "order {order} is told in two ways");
    }
    Ok(times)
}

#[tokio::test]
async fn all_orders_are_parked_and_each_is_published_once() -> Result<()> {
    let orders = first_day()?;
    let week = Workload::clean(71, orders);
    let pipeline = Pipeline::start(2).await?;
    pipeline.load(&week.events).await?;
    let began = Instant::now();
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    println!("{orders} orders parked in {:?}", began.elapsed());
    ensure!(pipeline.parked().await? == orders, "not all are parked");
    let ends = pipeline.ends(&pipeline.source(Layer::Dds)).await?;
    ensure!(ends.iter().sum::<i64>() == 0, "an order went on without its names");
    until("the metrics tell of all", SOON, async || {
        let (counted, names) =
            (stg.metric("tagmill_parked_orders").await?, stg.metric("tagmill_reference_misses").await?);
        Ok((counted, names) == (f64::from(u32::try_from(orders)?), distinct(&pipeline).await?))
    })
    .await?;

    let began = Instant::now();
    pipeline.name(&week.reference).await?;
    drained(&pipeline).await?;
    println!("{orders} orders sent in {:?}, {} KiB", began.elapsed(), stg.peak_of_data_kib().await?);
    ensure!(stg.peak_of_data_kib().await? <= MAX_DATA_KIB, "it has held {} KiB", stg.peak_of_data_kib().await?);
    let sent = sent(&pipeline).await?;
    ensure!(sent.len() as u64 == orders && sent.values().all(|times| *times == 1), "some were not sent once");

    let _others = [pipeline.service(Layer::Dds).start().await?, pipeline.service(Layer::Cdm).start().await?];
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

async fn distinct(pipeline: &Pipeline) -> Result<f64> {
    let names = "SELECT count(*) FROM (SELECT DISTINCT kind, name_id, restaurant_id FROM stg.missing_names) AS n";
    Ok(f64::from(u32::try_from(pipeline.count(names).await?)?))
}

/// Number of deaths of each of two replicas before a third finishes the work.
const DEATHS: u64 = 3;

/// Orders per round; at most this number is sent again when a process dies between acknowledgement and mark.
const ROUND: u64 = 100;

#[tokio::test]
async fn repeated_kills_of_two_replicas_repeat_at_most_the_last_round() -> Result<()> {
    let week = Workload::clean(72, 3_000);
    let pipeline = Pipeline::start(2).await?;
    pipeline.load(&week.events).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    stg.stop().await?;
    ensure!(pipeline.parked().await? == 3_000, "not all are parked");
    pipeline.name(&week.reference).await?;

    for _ in 0..DEATHS {
        // One dies with messages stored and not sent, the other with messages sent and not marked.
        let victim = |points: &str| pipeline.service(Layer::Stg).env("FAILPOINTS", points).spawn();
        let victims = [victim("resumed=2*off->return")?, victim("sent=2*off->return")?];
        for victim in &victims {
            let status = victim.wait().await?;
            ensure!(status.signal() == Some(Signal::SIGKILL as i32), "it ended otherwise: {status}");
        }
    }
    let left = pipeline.parked().await?;
    ensure!(left > 0, "they had nothing left to die over");
    let _stg = pipeline.service(Layer::Stg).start().await?;
    drained(&pipeline).await?;
    let sent = sent(&pipeline).await?;
    let again: u64 = sent.values().map(|times| times - 1).sum();
    println!("{left} were left, {again} were sent again");
    ensure!(sent.len() == 3_000, "{} of 3000 were sent", sent.len());
    ensure!((1..=DEATHS * ROUND).contains(&again), "{again} were sent again");

    let _others = [pipeline.service(Layer::Dds).start().await?, pipeline.service(Layer::Cdm).start().await?];
    pipeline.wait_idle().await?;
    pipeline.audit().await?;
    pipeline.assert_marts(&week.expected()).await
}

/// Restaurants, each with an order; and the bytes of a menu.
const RESTAURANTS: usize = 400;
const MENU: usize = 100 << 10;

#[tokio::test]
async fn a_thousand_menus_are_not_in_memory_at_once() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let orders = (0..RESTAURANTS).map(|number| Record::of(order(number).to_string()));
    pipeline.produce(&pipeline.source(Layer::Stg), orders).await?;
    let stg = pipeline.service(Layer::Stg).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Stg]).await?;
    let began = Instant::now();
    pipeline.name(&[Reference::parse(json!({"_id": "u", "name": "Анна"}).to_string())?]).await?;
    for number in 0..RESTAURANTS {
        pipeline.name(&[menu(number)?]).await?;
    }
    drained(&pipeline).await?;
    println!("{RESTAURANTS} menus read in {:?}, {} KiB", began.elapsed(), stg.peak_of_data_kib().await?);
    ensure!(stg.peak_of_data_kib().await? <= MAX_DATA_KIB, "it has held {} KiB", stg.peak_of_data_kib().await?);
    let sent: BTreeSet<i64> = sent(&pipeline).await?.into_keys().collect();
    ensure!(sent.len() == RESTAURANTS, "{} were sent", sent.len());
    Ok(())
}

fn order(number: usize) -> Value {
    let at = "2026-03-02 12:01:44";
    json!({
        "object_id": number, "object_type": "order", "sent_dttm": at,
        "payload": {
            "restaurant": {"id": format!("restaurant {number}")}, "user": {"id": "u"}, "date": at,
            "order_items": [{"id": "dish 0", "name": "Блюдо", "price": 180, "quantity": 1}],
            "cost": 180, "payment": 180, "final_status": "CLOSED",
        },
    })
}

fn menu(number: usize) -> Result<Reference> {
    let product = |number: usize| json!({"_id": format!("dish {number}"), "name": format!("Блюдо номер {number}"), "price": 180, "category": "Разное"});
    let products = MENU / product(1000).to_string().len();
    let menu: Vec<Value> = (0..products).map(product).collect();
    let restaurant = json!({"_id": format!("restaurant {number}"), "name": "Кофейня", "menu": menu});
    Ok(Reference::parse(restaurant.to_string())?)
}
