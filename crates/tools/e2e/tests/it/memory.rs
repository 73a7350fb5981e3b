//! Tests of memory: a service stays below 128 MiB, regardless of the number and the size of waiting records.

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Record, Workload};
use serde_json::{Value, json};
use workload::source::Reference;

/// Memory limit of a service in KiB: 64 MiB, of which a release build takes 16 for itself.
const MAX_DATA_KIB: u64 = 48 << 10;

const KIB: usize = 1 << 10;

/// So many orders of the usual size, and among them these.
const USUAL: u64 = 1_000;

/// Orders with an unknown field, which is stored, of this size in KiB.
const PADDED: [usize; 8] = [100, 200, 300, 500, 700, 800, 850, 900];

/// Number of repetitions of each.
const TIMES: usize = 4;

/// Orders of every product of a menu whose names are long: a record of ten KiB becomes a message of hundreds.
const TALKATIVE: u64 = 60;
const PRODUCTS: usize = 100;

#[tokio::test]
async fn memory_is_bounded_regardless_of_waiting_records() -> Result<()> {
    let week = Workload::clean(51, USUAL);
    let pipeline = Pipeline::start(3).await?;
    pipeline.name(&week.reference).await?;
    pipeline.name(&[talkative_restaurant()?, user()?]).await?;
    let usual = week.events.iter().map(|event| Record { value: event.value.clone(), ..Record::default() });
    let large = (0..PADDED.len() * TIMES).map(|number| padded(number, PADDED[number % PADDED.len()]));
    let talkative = (0..TALKATIVE).map(talkative);
    let backlog: Vec<Record> = interleave(usual.collect(), large.collect()).into_iter().chain(talkative).collect();
    let orders = backlog.len() as u64;
    let spread = (0..3).cycle().map(Some).zip(backlog).map(|(partition, record)| Record { partition, ..record });
    pipeline.produce(&pipeline.source(Layer::Stg), spread).await?;

    let mut peaks = Vec::new();
    // One after the other, so that each has everything before it; and all of it once more, as after a lost offset.
    for round in ["at first", "again"] {
        for layer in Layer::ALL {
            let service = pipeline.service(layer).start().await?;
            pipeline.wait_idle_up_to(&[layer]).await?;
            peaks.push((layer, round, service.peak_of_data_kib().await?));
            service.stop().await?;
            pipeline.rewind(layer).await?;
        }
    }
    println!("{peaks:?} KiB");
    ensure!(peaks.iter().all(|(.., peak)| *peak <= MAX_DATA_KIB), "too much: {peaks:?} KiB");
    ensure!(pipeline.count("SELECT count(*) FROM dds.h_order").await? == orders, "some orders are missing");
    pipeline.audit().await
}

/// The large among the usual, evenly.
fn interleave(usual: Vec<Record>, large: Vec<Record>) -> Vec<Record> {
    let gap = usual.len() / large.len();
    let mut all = Vec::with_capacity(usual.len() + large.len());
    let mut large = large.into_iter();
    for (number, record) in usual.into_iter().enumerate() {
        if number % gap == 0 {
            all.extend(large.next());
        }
        all.push(record);
    }
    all.extend(large);
    all
}

fn order(id: u64, products: usize, padding: &str) -> Record {
    let at = "2026-03-02 12:01:44";
    let items: Vec<Value> = (0..products)
        .map(|product| json!({"id": format!("dish-{product}"), "name": "блюдо", "price": 1, "quantity": 1}))
        .collect();
    let order = json!({
        "object_id": id, "object_type": "order", "sent_dttm": at,
        "payload": {
            "restaurant": {"id": "talkative"}, "user": {"id": "patient"}, "date": at, "order_items": items,
            "cost": 1, "payment": 1, "statuses": [], "final_status": "CLOSED", "update_ts": at, "padding": padding,
        },
    });
    Record::of(order.to_string())
}

fn padded(number: usize, kibibytes: usize) -> Record {
    order(900_000_000 + number as u64, 1, &"x".repeat(kibibytes * KIB))
}

fn talkative(number: u64) -> Record {
    order(950_000_000 + number, PRODUCTS, "")
}

fn talkative_restaurant() -> Result<Reference> {
    // Noise, or the names would shrink to nothing on their way through Kafka.
    let mut noise = 1_u32;
    let mut letter = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x430 + (noise >> 27)).unwrap_or('я')
    };
    let menu: Vec<Value> = (0..PRODUCTS)
        .map(|product| {
            let name: String = std::iter::repeat_with(&mut letter).take(4 * KIB).collect();
            json!({"_id": format!("dish-{product}"), "name": name, "price": 1, "category": "Всё"})
        })
        .collect();
    let restaurant = json!({"_id": "talkative", "name": "Н", "menu": menu, "update_ts": "2026-03-02 11:00:00"});
    Ok(Reference::parse(restaurant.to_string())?)
}

fn user() -> Result<Reference> {
    Ok(Reference::parse(json!({"_id": "patient", "name": "Имя", "login": "p"}).to_string())?)
}
