//! Outcomes of records, as visible in tables, dead letters and metrics.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use harness::{Layer, Pipeline, Process, Record};

use super::case::{Case, ExpectedOutcome, Maker};

/// A person's name, which messages contain and errors must not contain.
const PEOPLE: [&str; 2] = ["Котова", "kotova"];

/// The headers a dead letter gains.
const ADDED: [&str; 7] =
    ["reason", "error", "source-topic", "source-partition", "source-offset", "service", "failed-at"];

/// Maximum number of errors shown.
const MAX_SHOWN: usize = 12;

/// Has a service read the records, each with a good one behind it, in as few batches as may be, and compares.
pub(super) async fn check(pipeline: &Pipeline, layer: Layer, maker: Maker, keys: &str) -> Result<()> {
    let cases = maker.with_neighbours();
    let mut wanted: Vec<&String> = cases.iter().filter_map(|case| stored(&case.expected)).collect();
    wanted.sort();
    ensure!(wanted.windows(2).all(|pair| pair[0] != pair[1]), "two cases share a key");

    let topic = pipeline.source(layer);
    pipeline.produce(&topic, cases.iter().map(|case| case.record.clone())).await?;
    let service = pipeline.service(layer).env("BATCH_SIZE", "1000").start().await?;
    pipeline.wait_idle_up_to(&[layer]).await?;

    let mut faults = letters(pipeline, layer, &cases).await?;
    let found = pipeline.sql(keys).await?;
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    for case in &cases {
        if let Some(key) = stored(&case.expected)
            && !found.contains(&key.as_str())
        {
            faults.push(format!("{}: not stored", case.name));
        }
    }
    let unwanted = found.iter().filter(|key| wanted.binary_search_by(|wanted| wanted.as_str().cmp(key)).is_err());
    faults.extend(unwanted.map(|key| format!("{key} is stored, and should not be")));
    faults.extend(skipped(&service, &cases).await?);
    let count = faults.len();
    ensure!(faults.is_empty(), "{}: {count} faults\n{}", layer.binary(), faults[..count.min(MAX_SHOWN)].join("\n"));
    service.stop().await
}

fn stored(expected: &ExpectedOutcome) -> Option<&String> {
    match expected {
        ExpectedOutcome::Stored(key) => Some(key),
        ExpectedOutcome::Dead(..) | ExpectedOutcome::Skipped(_) => None,
    }
}

/// Differences in dead letters: there must be one for each rejected record, and no other.
async fn letters(pipeline: &Pipeline, layer: Layer, cases: &[Case]) -> Result<Vec<String>> {
    let mut letters = BTreeMap::new();
    for letter in pipeline.read(&pipeline.dead_letters(layer)).await? {
        let offset = own_header(&letter, "source-offset").and_then(|offset| offset.parse::<usize>().ok());
        let again = letters.insert(offset, letter);
        ensure!(again.is_none(), "two dead letters of one record: {again:?}");
    }
    let mut faults = Vec::new();
    for (offset, case) in cases.iter().enumerate() {
        let letter = letters.remove(&Some(offset));
        let fault = match (&case.expected, &letter) {
            (ExpectedOutcome::Dead(reason, path), Some(letter)) => {
                fault(letter, case, (reason, path), [&pipeline.source(layer), &layer.binary()])
            }
            (ExpectedOutcome::Dead(reason, _), None) => Some(format!("no dead letter; it should be one for {reason}")),
            (_, Some(letter)) => Some(format!("a dead letter: {:?}", own_header(letter, "error"))),
            (_, None) => None,
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}", case.name)));
    }
    faults.extend(letters.into_values().map(|letter| format!("a dead letter of nothing: {letter:?}")));
    Ok(faults)
}

/// Differences in the dead letter of a record.
fn fault(letter: &Record, case: &Case, (reason, path): (&str, &str), [topic, service]: [&str; 2]) -> Option<String> {
    let original = &case.record;
    let theirs = original.headers.len();
    if (&letter.key, &letter.value, letter.timestamp) != (&original.key, &original.value, original.timestamp)
        || letter.headers.get(..theirs) != Some(&original.headers)
    {
        return Some(format!("not the original: {letter:?}"));
    }
    let ours = &letter.headers[theirs..];
    if !ours.iter().map(|(name, _)| name.as_str()).eq(ADDED) {
        return Some(format!("other headers: {ours:?}"));
    }
    let said = |name| own_header(letter, name).unwrap_or_default();
    let error = said("error");
    let is_complete = said("reason") == reason
        && [said("source-topic").as_str(), &said("source-partition"), &said("service")] == [topic, "0", service]
        && ::orders::UtcMicros::read(&said("failed-at")).is_some();
    let names_the_field = !error.is_empty() && error.starts_with(path) && error.len() < 200;
    let person = PEOPLE.into_iter().find(|person| error.contains(person));
    (!is_complete || !names_the_field || person.is_some())
        .then(|| format!("not `{reason}` of `{path}`: {} {error}", said("reason")))
}

/// Value of the last header with this name: headers of the record precede those of the service.
fn own_header(letter: &Record, name: &str) -> Option<String> {
    let (_, value) = letter.headers.iter().rfind(|(known, _)| known == name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Whether the metrics count skipped records.
async fn skipped(service: &Process, cases: &[Case]) -> Result<Vec<String>> {
    let page = service.get("/metrics").await?.1;
    let mut wanted = BTreeMap::<&str, usize>::new();
    for case in cases {
        if let ExpectedOutcome::Skipped(kind) = case.expected {
            *wanted.entry(kind).or_default() += 1;
        }
    }
    let counted = |kind: &str| {
        let label = format!("kind=\"{kind}\"");
        let line = page.lines().find(|line| line.starts_with("tagmill_skipped_total{") && line.contains(&label));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).unwrap_or_default()
    };
    let wrong = wanted.into_iter().filter(|(kind, count)| counted(kind) != *count);
    Ok(wrong.map(|(kind, count)| format!("{} skipped as {kind} instead of {count}", counted(kind))).collect())
}
