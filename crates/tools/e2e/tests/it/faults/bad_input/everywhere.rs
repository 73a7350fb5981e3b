//! Boundary values in every field: PostgreSQL accepts every record that a reader accepts.
//!
//! The readers are asked here, too, with no database behind them; what they accept must be stored, what they refuse must be
//! a dead letter for their reason. A record that the database alone can refuse would be one for `refused-by-database`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Record};
use orders::Unusable;
use serde_json::Value;

use super::case::{WRITTEN_AT, exchange};
use crate::story::{restaurant, user};

/// Values that are edges of something, a line each; not all of them are JSON.
const EDGES: &str = include_str!("../../../../../../lib/orders/tests/edges.txt");

/// Outcome of a record according to the reader; `None` if it is stored.
type Verdict = Option<&'static str>;

#[tokio::test]
async fn postgresql_accepts_every_event_that_the_reader_accepts() -> Result<()> {
    check(Layer::Stg, super::orders::good, |value| verdict(orders::event::read(Some(value), Some(WRITTEN_AT)))).await
}

#[tokio::test]
async fn postgresql_accepts_every_enriched_order_that_the_reader_accepts() -> Result<()> {
    check(Layer::Dds, super::enriched::good, |value| verdict(orders::enriched::read(Some(value), Some(WRITTEN_AT))))
        .await
}

#[tokio::test]
async fn postgresql_accepts_all_counters_that_the_reader_accepts() -> Result<()> {
    check(Layer::Cdm, super::counters::good, |value| verdict(orders::counters::read(Some(value), Some(WRITTEN_AT))))
        .await
}

fn verdict<T>(read: Result<T, Unusable>) -> Verdict {
    match read {
        Ok(_) => None,
        Err(Unusable::Ignored(_)) => Some("skipped"),
        Err(Unusable::Malformed(malformed)) => Some(malformed.reason),
    }
}

async fn check(layer: Layer, good: fn(u32) -> (Value, String), read: impl Fn(&[u8]) -> Verdict) -> Result<()> {
    let (mut records, mut verdicts) = (Vec::new(), Vec::new());
    let mut places = Vec::new();
    find_places(&good(0).0, "", &mut places);
    for place in &places {
        for edge in EDGES.lines() {
            let (message, _) = good(u32::try_from(records.len())?);
            let text = exchange(message, place, edge);
            verdicts.push((read(text.as_bytes()), format!("{place} = {edge}")));
            records.push(Record { timestamp: Some(WRITTEN_AT), ..Record::of(text) });
        }
    }
    let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|(verdict, _)| wanted(verdict)).count();
    let (accepted, refused) = (count(Option::is_none), count(Option::is_some));
    ensure!(accepted > 100 && refused > 500, "{accepted} accepted and {refused} refused are no test");

    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&[user("u")?, restaurant(&["tea"])?]).await?;
    pipeline.produce(&pipeline.source(layer), records).await?;
    let service = pipeline.service(layer).start().await?;
    pipeline.wait_idle_up_to(&[layer]).await?;

    let letters = pipeline.read(&pipeline.dead_letters(layer)).await?;
    let mut buried = BTreeMap::new();
    for letter in &letters {
        let offset: usize = letter.header("source-offset").context("no offset")?.parse()?;
        buried
            .insert(offset, (letter.header("reason").unwrap_or_default(), letter.header("error").unwrap_or_default()));
    }
    let mut faults = Vec::new();
    for (offset, (verdict, name)) in verdicts.iter().enumerate() {
        let wanted = verdict.filter(|reason| *reason != "skipped");
        let found = buried.get(&offset);
        if wanted != found.map(|(reason, _)| reason.as_str()) {
            faults.push(format!("{name}: {found:?} instead of {wanted:?}"));
        }
    }
    ensure!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(12)].join("\n"));
    let outcomes = service.get("/metrics").await?.1;
    let counted: usize = outcomes
        .lines()
        .filter(|line| {
            line.starts_with("tagmill_records_total{") && !line.contains("dead_letter") && !line.contains("skipped")
        })
        .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
        .sum();
    ensure!(counted == accepted, "{counted} records have an outcome instead of {accepted}");
    service.stop().await
}

/// Every place in a document.
fn find_places(document: &Value, at: &str, places: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match document {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect(),
        _ => Vec::new(),
    };
    for (place, value) in inside {
        find_places(value, &place, places);
        places.push(place);
    }
}
