//! History: repeated loads into the same tables, to see whether the cost of an order grows with their size.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Layer;
use tokio::time::{Instant, timeout};
use workload::source::Event;

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::{History, Report};
use crate::output::series::Series;
use crate::scenario::drain::{finish, peak_rss_mib};
use crate::server::fixture::{Arena, Fixture, stop};
use crate::settings::Settings;

/// Time limit of the audits, which recount every order.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

const FIRST: Figure = Figure::new("history_first_seconds", "history, s of the first load", 2);
const LAST: Figure = Figure::new("history_last_seconds", "history, s of the last load", 2);
const LAST_OVER_FIRST: Figure = Figure::new("history_last_over_first", "history, last ÷ first", 2);
const LAST_TWO_OVER_FIRST_TWO: Figure =
    Figure::new("history_last_two_over_first_two", "history, last two ÷ first two", 2);

/// Loads everything, a step at a time, into services that keep running.
pub(crate) async fn history(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    let (orders, step) = (settings.history(), settings.step());
    ensure!(
        orders.is_multiple_of(step),
        "{orders} orders cannot be loaded {step} at a time: the last load would be smaller"
    );
    tell(format!("history: {orders} orders, {step} at a time"));
    let mut week = fixture.week(orders);
    let arena = fixture.arena(1, &week).await?;
    let observer = arena.pipeline.observer(&Layer::ALL)?;
    arena.calm().await?;
    let services = arena.spawn(&Layer::ALL)?;
    for service in &services {
        service.ready().await?;
    }
    let (mut seconds, mut postgresql_cpu_seconds) = (Vec::new(), Vec::new());
    loop {
        // Generated before the measurement starts, because generation uses a good part of a core.
        let events: Vec<Event> = week.by_ref().take(usize::try_from(step)?).collect();
        if events.is_empty() {
            break;
        }
        let before = postgresql(fixture)?;
        let began = Instant::now();
        arena.load(events).await?;
        let course = finish(&arena, &observer, &services, began).await?;
        let took = course.last().map_or(0.0, |(at, _)| *at);
        tell(format!("history: load {} took {took:.2} s", seconds.len() + 1));
        seconds.push(took);
        postgresql_cpu_seconds.push(postgresql(fixture)? - before);
    }
    let peaks = peak_rss_mib(&Layer::ALL, &services).await?;
    arena.tagged().await?;
    stop(services).await?;
    let audited = verify(&arena, orders).await?;
    report.remember("history", &peaks);
    summarise(&seconds, report);
    report.history = Some(History { orders, step, seconds, postgresql_cpu_seconds, audited });
    arena.close().await
}

fn postgresql(fixture: &Fixture) -> Result<f64> {
    fixture.cpu_seconds()?.get("postgresql").copied().context("no PostgreSQL")
}

/// Always runs the cheap counts, and all audits if they finish in time. Closing the pipeline ends those that do not.
async fn verify(arena: &Arena, orders: u64) -> Result<bool> {
    tell("history: audits");
    arena.count(orders).await?;
    match timeout(IDLE_TIMEOUT, arena.audit()).await {
        Ok(outcome) => outcome.map(|()| true),
        Err(_) => {
            tell("history: the audits take too long and are skipped");
            Ok(false)
        }
    }
}

fn summarise(seconds: &[f64], report: &mut Report) {
    let [first, .., last] = seconds else { return };
    report.push(FIRST, *first);
    report.push(LAST, *last);
    report.push(LAST_OVER_FIRST, last / first);
    if seconds.len() >= 4 {
        let median = |loads: &[f64]| loads.iter().copied().collect::<Series>().median();
        let (first_two, last_two) = (median(&seconds[..2]), median(&seconds[seconds.len() - 2..]));
        report.push(LAST_TWO_OVER_FIRST_TWO, last_two / first_two);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_load_is_compared_with_the_first() {
        let mut report = Report::default();
        summarise(&[1.0, 3.0, 9.0, 2.0, 4.0], &mut report);
        assert_eq!(report.json()["history_last_over_first"], 4.0);
        assert_eq!(report.json()["history_last_two_over_first_two"], 1.5);
        let mut report = Report::default();
        summarise(&[1.0], &mut report);
        assert_eq!(report.json().get("history_last_over_first"), None);
    }
}
