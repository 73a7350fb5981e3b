//! Faults inside PostgreSQL: terminated sessions, a locked table, a full disk.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::Happened;
use crate::fault::Server;
use crate::plan::Injection;
use crate::system::world::World;

/// Interval between two terminations.
const PAUSE: Duration = Duration::from_millis(250);

/// Terminates all sessions of the database except its own.
pub(super) const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND pid <> pg_backend_pid()";

const TABLES: [&str; 6] = [
    "stg.order_events",
    "dds.h_user",
    "dds.bv_order_states",
    "dds.bv_user_product_counters",
    "cdm.user_product_counters",
    "cdm.user_category_counters",
];

/// The text of a full disk in the log of PostgreSQL (SQLSTATE 53100).
const FULL: &str = "No space left on device";

/// Terminates every session of the services repeatedly.
pub(super) async fn terminate(world: &World, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(Server::Postgres).await;
    let end = Instant::now() + injection.lasts / 2;
    let mut ended = 0;
    while Instant::now() < end {
        ended += world.fixture.pipeline.sql(TERMINATE).await?.len();
        sleep(PAUSE).await;
    }
    Ok(ended > 0)
}

/// Locks a table against reads and writes.
pub(super) async fn lock(world: &World, injection: &Injection) -> Result<Happened> {
    let _turn = world.turns.server(Server::Postgres).await;
    let table = TABLES[injection.choice % TABLES.len()];
    let client = world.fixture.pipeline.database().await?;
    let lock = format!("SET lock_timeout = '10s'; BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    if client.batch_execute(&lock).await.is_err() {
        return Ok(false);
    }
    sleep(injection.lasts).await;
    client.batch_execute("ROLLBACK").await?;
    Ok(true)
}

/// Fills the disk of the database. Skipped without such a disk.
pub(super) async fn fill(world: &World, injection: &Injection) -> Result<Happened> {
    let Some(disk) = &world.fixture.disk else { return Ok(false) };
    let _turn = world.turns.server(Server::Postgres).await;
    let log = world.fixture.stack.folder().join("postgres.log");
    let complaints = || -> Result<usize> {
        let text = std::fs::read(&log).context("cannot read the log of PostgreSQL")?;
        Ok(String::from_utf8_lossy(&text).matches(FULL).count())
    };
    let before = complaints()?;
    disk.fill()?;
    sleep(injection.lasts).await;
    disk.empty()?;
    Ok(complaints()? > before)
}
