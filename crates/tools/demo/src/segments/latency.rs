//! The time from a tenth order to its webhook, for many users.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use tokio::time::sleep;
use uuid::Uuid;

use super::orders::{Customer, THRESHOLD};
use super::story::Story;

/// Timeout of each webhook.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Time between two orders. It shares no factor with the intervals of the services.
const PACE: Duration = Duration::from_millis(137);

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// Lets each customer order the tenth pizza, and waits for the webhooks.
pub(super) async fn measure(story: &Story<'_>, customers: &[Customer]) -> Result<Latency> {
    let mut sent = Vec::new();
    for customer in customers {
        let statement = "SELECT user_id FROM cdm.users WHERE source_id = $1";
        let user: Uuid = story.fixture.database.query_one(statement, &[&customer.id]).await?.try_get(0)?;
        let began = Instant::now();
        story.loader.run([Ok(story.pizza.order(customer, THRESHOLD, 0, "CLOSED"))], None).await?;
        sent.push((user, began));
        sleep(PACE).await;
    }
    let mut times = Vec::new();
    for (user, began) in sent {
        times.push(story.receiver.until(user, "added", began, TIMEOUT).await?);
    }
    Ok(Latency::of(times))
}

impl Latency {
    /// The median, and the time that one of a hundred exceeds.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| {
            let place = (times.len() * share).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0.0, |time| (time.as_secs_f64() * 10_000.0).round() / 10.0)
        };
        Self { p50: at(50), p99: at(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_percentile_of_few_times_is_the_longest() {
        let latency = Latency::of((1..=50).map(Duration::from_millis).collect());
        assert_eq!((latency.p50, latency.p99), (25.0, 50.0));
    }
}
