//! End of a round with segments-service: faults are healed, the query is refreshed, and the members have to be those of the
//! model: in the tables, in the pages of both replicas, and at the receivers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Connection, run_segment_audits, until};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::time::sleep;
use tokio_postgres::Client;
use uuid::Uuid;

use super::client::Request;
use super::fixture::Fixture;
use super::model::{IMPORTED, Members, QUERIED, REQUESTED};
use super::writer::{TTL, encoded};

/// Time limit for the members to be right after all faults are healed.
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// Differences of a kind that are told.
const MAX_SHOWN: usize = 5;

const PAUSE: Duration = Duration::from_millis(200);

/// Heals everything, waits, and returns all differences.
pub(super) async fn verdict(fixture: &Fixture, expected: &Members, random: &mut ChaCha8Rng) -> Result<Vec<String>> {
    fixture.heal().await?;
    let mut differences = Vec::new();
    for (number, replica) in fixture.replicas.iter().enumerate() {
        let mut process = replica.turn().await;
        process.resume().await?;
        if !process.is_running().await? {
            differences.push(format!("replica {number} has exited: {}", process.wait().await?));
            *process = replica.again(None)?;
        }
        process.ready().await?;
    }
    sleep(Duration::from_secs(TTL + 1)).await;
    if let Err(error) = refreshed(fixture, random).await {
        differences.push(format!("the refresh: {error:#}"));
    }
    let database = fixture.database().await?;
    let mut found = BTreeSet::new();
    let equal = until("the members are those of the model", WAIT_TIMEOUT, async || {
        found = members(&database).await?;
        Ok(found == expected.now)
    });
    if let Err(error) = equal.await {
        differences.push(format!("{error:#}"));
    }
    differences.extend(compare("the tables", &found, &expected.now));
    differences.extend(joins(&database, expected).await?);
    for number in 0..fixture.replicas.len() {
        let found = pages(fixture, number).await?;
        differences.extend(compare(&format!("the pages of replica {number}"), &found, &expected.now));
    }
    differences.extend(fixture.subscribers()?.differences(expected).await);
    differences.extend(audits(&database).await?);
    Ok(differences)
}

/// Refreshes the segment of the query until a run that began now has succeeded.
async fn refreshed(fixture: &Fixture, random: &mut ChaCha8Rng) -> Result<()> {
    // The first may be one that has been running for a while.
    for _ in 0..2 {
        let request = Request::post(format!("/api/v2/segments/{QUERIED}/refresh"), "", None);
        let answer = request.send(fixture, random).await?;
        let started: Value = serde_json::from_str(&answer.body)?;
        let run_id = started["run_id"].as_i64().with_context(|| answer.body.clone())?;
        let log = Request {
            method: "GET",
            path: format!("/api/v2/log?segment={QUERIED}&limit=100"),
            content_type: "application/json",
            body: String::new(),
            key: None,
        };
        let state = async || {
            let answer = log.send(fixture, &mut random.clone()).await?;
            let log: Value = serde_json::from_str(&answer.body)?;
            let runs = log["items"].as_array().context("no items")?;
            let run = runs.iter().find(|run| run["run_id"] == run_id).cloned();
            anyhow::Ok(run.unwrap_or_default())
        };
        until("the refresh ends", WAIT_TIMEOUT, async || Ok(state().await?["state"] != "running")).await?;
        let run = state().await?;
        ensure!(run["state"] != "failed", "{run}");
        sleep(PAUSE).await;
    }
    Ok(())
}

/// The members of every segment, by a plain query.
async fn members(database: &Client) -> Result<BTreeSet<(String, Uuid)>> {
    let rows = database.query(include_str!("../../sql/segments/members.sql"), &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Each request has one effect: pairs were joined as often as in the model.
async fn joins(database: &Client, expected: &Members) -> Result<Vec<String>> {
    let rows = database.query(include_str!("../../sql/segments/joins.sql"), &[]).await?;
    let mut found: BTreeMap<(String, Uuid), u64> = BTreeMap::new();
    for row in &rows {
        let (name, guid, count): (String, Uuid, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if name == IMPORTED || REQUESTED.contains(&name.as_str()) {
            found.insert((name, guid), u64::try_from(count)?);
        }
    }
    let pairs: BTreeSet<_> = found.keys().chain(expected.joins.keys()).collect();
    let wrong = pairs.into_iter().filter(|pair| found.get(pair) != expected.joins.get(pair));
    let told = wrong.map(|pair| {
        let (is, should) = (found.get(pair).copied().unwrap_or(0), expected.joins.get(pair).copied().unwrap_or(0));
        format!("joins of {} in {}: {is}, not {should}", pair.1, pair.0)
    });
    Ok(told.take(MAX_SHOWN).collect())
}

/// The members of every segment, as a replica lists them.
async fn pages(fixture: &Fixture, number: usize) -> Result<BTreeSet<(String, Uuid)>> {
    let mut connection = Connection::new(fixture.replicas[number].address());
    let mut found = BTreeSet::new();
    for name in names(&mut connection).await? {
        let list = format!("/api/v2/segments/{}/members?limit=100", encoded(&name));
        for item in items(&mut connection, &list).await? {
            let guid = item["user"]["guid"].as_str().context("no guid")?.parse()?;
            found.insert((name.clone(), guid));
        }
    }
    Ok(found)
}

async fn names(connection: &mut Connection) -> Result<Vec<String>> {
    let segments = items(connection, "/api/v2/segments?limit=100").await?;
    Ok(segments.iter().filter_map(|segment| segment["name"].as_str().map(ToOwned::to_owned)).collect())
}

/// All items of a list.
async fn items(connection: &mut Connection, list: &str) -> Result<Vec<Value>> {
    let (mut all, mut path) = (Vec::new(), list.to_owned());
    loop {
        let answer = connection.get(&path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        let mut page: Value = serde_json::from_str(&answer.body)?;
        let Value::Array(items) = page["items"].take() else { anyhow::bail!("no items: {}", answer.body) };
        all.extend(items);
        match page["next"].as_str() {
            Some(next) => path = format!("{list}&cursor={next}"),
            None => return Ok(all),
        }
    }
}

/// The audits, and expiries that nothing has recorded.
async fn audits(database: &Client) -> Result<Vec<String>> {
    let late = async || {
        let row = database.query_one(include_str!("../../sql/segments/late_expiries.sql"), &[]).await?;
        Ok(row.try_get::<_, i64>(0)? == 0)
    };
    let mut differences = Vec::new();
    if let Err(error) = until("every expiry is recorded", WAIT_TIMEOUT, late).await {
        differences.push(format!("{error:#}"));
    }
    for audit in run_segment_audits(database).await? {
        let rows = audit.differences.into_iter().take(MAX_SHOWN);
        differences.extend(rows.map(|row| format!("audit {}: {row}", audit.name)));
    }
    Ok(differences)
}

/// Pairs that are missing, and that are too many.
fn compare(whose: &str, found: &BTreeSet<(String, Uuid)>, expected: &BTreeSet<(String, Uuid)>) -> Vec<String> {
    let missing = expected.difference(found).map(|(name, guid)| format!("{whose}: {guid} is missing in {name}"));
    let surplus = found.difference(expected).map(|(name, guid)| format!("{whose}: {guid} is wrongly in {name}"));
    missing.take(MAX_SHOWN).chain(surplus.take(MAX_SHOWN)).collect()
}
