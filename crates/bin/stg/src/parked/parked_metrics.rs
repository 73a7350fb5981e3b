//! Metrics of parked orders: their number by kind of missing name, and the age of the oldest.

use consumer::Failure;
use database::{Database, get, statement};
use jiff::{civil::DateTime, tz::TimeZone};
use tokio::time::Instant;

use crate::transform::Kind;

/// Counts parked orders at intervals. Every replica counts the whole table, so compare the metrics of replicas with
/// `max`; do not add them up.
#[derive(Debug, Default)]
pub(super) struct ParkedMetrics {
    next: Option<Instant>,
}

/// Pause after a count, as a multiple of its duration. A count reads all missing names: up to a quarter of a second for
/// 50,000 orders. With a shorter pause, an idle service that waits for Redis keeps the database busy.
const REST: u32 = 50;

impl ParkedMetrics {
    /// Counts, unless the pause has not passed yet.
    pub(super) async fn take(&mut self, database: &Database) -> Result<(), Failure> {
        let began = Instant::now();
        if self.next.is_none_or(|next| next <= began) {
            count(database).await?;
            self.next = Some(Instant::now() + began.elapsed() * REST);
        }
        Ok(())
    }
}

async fn count(database: &Database) -> Result<(), Failure> {
    let transaction = database.begin_batch().await?;
    let orders = transaction.query(&statement!("stg/parked/count_parked_orders"), []).await?;
    let names = transaction.query(&statement!("stg/parked/count_missing_names"), []).await?;
    transaction.commit().await?;
    for kind in Kind::ALL.map(Kind::as_str) {
        let (mut parked, mut oldest, mut distinct) = (0, 0.0, 0);
        for row in &orders {
            if get::<&str>(row, 0)? == kind {
                let since: DateTime = get(row, 2)?;
                parked = get(row, 1)?;
                oldest =
                    since.to_zoned(TimeZone::UTC).map_or(0.0, |since| since.timestamp().as_duration().as_secs_f64());
            }
        }
        for row in &names {
            if get::<&str>(row, 0)? == kind {
                distinct = get(row, 1)?;
            }
        }
        metrics::gauge!("tagmill_parked_orders", "kind" => kind).set(exact(parked));
        metrics::gauge!("tagmill_oldest_parked_order_timestamp_seconds", "kind" => kind).set(oldest);
        metrics::gauge!("tagmill_reference_misses", "kind" => kind).set(exact(distinct));
    }
    Ok(())
}

fn exact(count: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of orders is far below 2^53")]
    {
        count as f64
    }
}
