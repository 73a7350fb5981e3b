//! Hashes in Redis: read when a cycle begins, replaced after it has committed.
//!
//! The hash `elt:{table}` tells under which token of A the hashes count and how many parts there are; the parts are
//! `elt:{table}:<token>:<n>`, hashes packed one after the other. The braces keep all of a table on one node of a cluster.
//! Redis is a cache: whatever is missing or foreign here, nothing is known, and rows are compared in A instead.

use std::time::Duration;

use redis::{RedisError, aio::MultiplexedConnection};
use tokio::time::timeout;

use crate::state::hashes::{SIZE, Set};

/// The most bytes of a part.
const PART: usize = 1024 * 1024;

/// How long hashes outlive their last cycle.
const TTL: u64 = 7 * 86_400;

/// How long Redis may take. A cycle without it is slower, and right.
const PATIENCE: Duration = Duration::from_secs(10);

/// The hashes of a table, as they are found before a cycle.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The keys of the parts, of whatever token: they go when new ones come.
    parts: Vec<String>,
    /// The hashes, if they count.
    pub(crate) known: Option<Set>,
}

/// What a cycle tells of itself.
pub(crate) struct Told<'a> {
    pub(crate) token: &'a str,
    pub(crate) watermark: &'a str,
    pub(crate) updated_at: &'a str,
    pub(crate) rows: u64,
}

/// Reads the hashes of `table`. They count if they were stored under `token`.
pub(crate) async fn load(redis: &mut MultiplexedConnection, table: &str, token: Option<&str>) -> Result<Found, String> {
    within(async {
        let (stored, count): (Option<String>, Option<usize>) =
            redis::cmd("HMGET").arg(main(table)).arg("token").arg("parts").query_async(redis).await?;
        let (Some(stored), Some(count)) = (stored, count) else { return Ok(Found::default()) };
        let parts: Vec<String> = (0..count).map(|n| part(table, &stored, n)).collect();
        if token != Some(&stored) {
            return Ok(Found { parts, known: None });
        }
        let mut hashes = Vec::with_capacity(count * (PART / SIZE));
        for key in &parts {
            let packed: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(redis).await?;
            if !packed.is_some_and(|packed| Set::unpack(&packed, &mut hashes)) {
                return Ok(Found { parts, known: None });
            }
        }
        Ok(Found { known: Set::sorted(hashes), parts })
    })
    .await
}

/// Replaces the hashes of `table`, all at once.
pub(crate) async fn store(
    redis: &mut MultiplexedConnection,
    table: &str,
    told: &Told<'_>,
    found: Found,
    hashes: &Set,
) -> Result<(), String> {
    let Found { parts, known } = found;
    drop(known);
    let mut pipeline = redis::pipe();
    pipeline.atomic();
    for key in parts {
        pipeline.del(key).ignore();
    }
    let mut count = 0;
    for packed in hashes.pack(PART) {
        pipeline.cmd("SET").arg(part(table, told.token, count)).arg(packed).arg("EX").arg(TTL).ignore();
        count += 1;
    }
    pipeline.cmd("HSET").arg(main(table)).arg("token").arg(told.token).arg("parts").arg(count);
    pipeline.arg("watermark").arg(told.watermark).arg("updated_at").arg(told.updated_at).arg("rows").arg(told.rows);
    pipeline.ignore().cmd("EXPIRE").arg(main(table)).arg(TTL).ignore();
    within(pipeline.query_async::<()>(redis)).await
}

async fn within<T>(work: impl Future<Output = Result<T, RedisError>>) -> Result<T, String> {
    match timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer for {PATIENCE:?}")),
    }
}

fn main(table: &str) -> String {
    format!("elt:{{{table}}}")
}

fn part(table: &str, token: &str, n: usize) -> String {
    format!("elt:{{{table}}}:{token}:{n}")
}
