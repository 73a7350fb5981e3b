//! Loads the orders, draws progress bars, and measures the time until everything is processed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use workload::load::{Loader, ORDERS_TOPIC};
use workload::watch::{self, Board, Observer, Row, StageProgress, WatchedStage as Step};

use crate::data::Data;
use crate::fixture::Fixture;
use crate::services::Services;
use crate::wait_idle::{IdleSince, Look};

/// Loads the events and waits until all are processed. Returns the time since the first event was sent.
pub(crate) async fn drive(
    data: &Data,
    events: u64,
    fixture: &Fixture,
    services: &Services,
    limit: Duration,
) -> Result<Duration> {
    let loader = Loader::new(&fixture.broker, ORDERS_TOPIC)?;
    let observer = Observer::new(&fixture.broker, Step::pipeline(ORDERS_TOPIC))?;
    let progress = loader.progress();
    let loaded = || progress.borrow().acknowledged;
    let head = || Row { name: "loaded".to_owned(), done: loaded(), total: events };

    let began = Instant::now();
    let mut idle_since = IdleSince::default();
    let mut end = None;
    let done = async |readings: &[StageProgress]| {
        let at = began.elapsed();
        services.check().await?;
        let laggard = readings.iter().position(|reading| reading.lag() > 0);
        if at > limit {
            return Err(
                services.failure_of(laggard.unwrap_or(0), "has not processed all records within the time limit")
            );
        }
        if loaded() < events || laggard.is_some() {
            return Ok(false);
        }
        end = idle_since.look(at, look(readings, &fixture.database).await?);
        Ok(end.is_some())
    };
    let mut board = Board::new();
    let (loaded, ()) =
        tokio::try_join!(loader.run(data.events()?, None), watch::follow(&observer, &mut board, head, done))?;
    let end = end.context("the observer stopped early")?;
    Ok((began + end).saturating_duration_since(loaded.began))
}

async fn look(readings: &[StageProgress], database: &tokio_postgres::Client) -> Result<Look> {
    let statement = include_str!("../sql/select_state.sql");
    let row = database.query_one(statement, &[]).await.context("cannot read the state of the database")?;
    Ok(Look {
        records: readings.iter().map(|reading| reading.total).collect(),
        lag: readings.iter().map(StageProgress::lag).sum(),
        parked: u64::try_from(row.try_get::<_, i64>(0)?)?,
        unsent: u64::try_from(row.try_get::<_, i64>(1)?)?,
        untagged: u64::try_from(row.try_get::<_, i64>(2)?)?,
    })
}
