//! Settings of the benchmark.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Parser, ValueEnum};

/// Measures the throughput and latency of the pipeline against the speed of the machine.
#[derive(Debug, Parser)]
#[command(name = "bench", about)]
pub(crate) struct Settings {
    /// Scenarios to run [default: all].
    #[arg(value_enum, env = "ONLY", value_delimiter = ',')]
    pub(crate) only: Vec<Scenario>,
    /// Runs every scenario once with few orders, in two minutes, as a test of the benchmark. The figures mean nothing.
    #[arg(long, env = "QUICK", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) quick: bool,
    /// Number of orders in the topic when a drain begins (50000; quick: 5000).
    #[arg(long, env = "ORDERS")]
    orders: Option<u64>,
    /// Number of repetitions of each drain, alternating with the others; the report shows the median (3; quick: 1).
    #[arg(long, env = "REPEAT")]
    repeat: Option<usize>,
    /// Number of orders in the history at the end (1000000; quick: 20000).
    #[arg(long, env = "HISTORY")]
    history: Option<u64>,
    /// Number of orders per load (50000; quick: 5000).
    #[arg(long, env = "STEP")]
    step: Option<u64>,
    /// Number of rows that elt-service copies, and of users of segments-service (1000000; quick: 20000).
    #[arg(long, env = "ROWS")]
    rows: Option<u32>,
    /// Duration of the live scenario (60s; quick: 10s).
    #[arg(long, env = "LIVE", value_parser = humantime::parse_duration)]
    live: Option<Duration>,
    /// Duration of the measurement of idle services (30s; quick: 10s).
    #[arg(long, env = "IDLE", value_parser = humantime::parse_duration)]
    idle: Option<Duration>,
    /// Number of orders per second in the live scenario.
    #[arg(long, env = "RATE", default_value_t = 50.0)]
    pub(crate) rate: f64,
    /// Seed of all random choices.
    #[arg(long, env = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// BATCH_SIZE of the services.
    #[arg(long, env = "BATCH_SIZE", default_value_t = 100)]
    pub(crate) batch_size: usize,
    /// Folder for the report and the chart.
    #[arg(long, env = "REPORT_FOLDER", default_value = "target")]
    pub(crate) folder: PathBuf,
}

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Three services on a full topic of one partition, compared with the speed of the machine.
    Drain,
    /// The whole topic once more, after a drain.
    Replay,
    /// A drain into tables that were filled, emptied and analysed, after a drain.
    Emptied,
    /// A drain of four partitions.
    Partitions,
    /// A drain with one service after the other.
    Alone,
    /// Live orders: latency from produced to visible, and the cost of idling.
    Live,
    /// One load after the other into the same tables.
    History,
    /// A rule changed under load, and requests to the tag API.
    Tags,
    /// Queries of dashboards over a million orders, and the cost of refreshing the summary.
    Views,
    /// elt-service on a million rows: each kind of cycle against COPY, the first load against other programs.
    Elt,
    /// segments-service on a million users: checks against pgbench, imports and refreshes against COPY.
    Segments,
    /// PostgreSQL's time in a drain, by statement.
    Statements,
}

impl Settings {
    /// Whether this scenario is selected.
    pub(crate) fn wants(&self, scenario: Scenario) -> bool {
        self.only.is_empty() || self.only.contains(&scenario)
    }

    /// Whether any of these scenarios is selected.
    pub(crate) fn wants_any(&self, scenarios: &[Scenario]) -> bool {
        scenarios.iter().any(|scenario| self.wants(*scenario))
    }

    pub(crate) fn orders(&self) -> u64 {
        self.orders.unwrap_or(self.sized(50_000, 5_000))
    }

    pub(crate) fn repeat(&self) -> usize {
        self.repeat.unwrap_or(self.sized(3, 1))
    }

    pub(crate) fn history(&self) -> u64 {
        self.history.unwrap_or(self.sized(1_000_000, 20_000))
    }

    pub(crate) fn step(&self) -> u64 {
        self.step.unwrap_or(self.sized(50_000, 5_000)).max(1)
    }

    pub(crate) fn live(&self) -> Duration {
        self.live.unwrap_or(Duration::from_secs(self.sized(60, 10)))
    }

    /// Duration of each measurement of checks and of writers of a segment.
    pub(crate) fn checks(&self) -> Duration {
        Duration::from_secs(self.sized(10, 1))
    }

    /// Rows that elt-service copies, and users of segments-service.
    pub(crate) fn rows(&self) -> u32 {
        self.rows.unwrap_or(self.sized(1_000_000, 20_000))
    }

    /// Users who are tagged one after the other, for the time to their webhooks.
    pub(crate) fn tagged(&self) -> u64 {
        self.sized(300, 30)
    }

    /// Users whose tags a rule decides.
    pub(crate) fn taggable(&self) -> u64 {
        self.sized(100_000, 5_000)
    }

    /// Number of orders behind the views.
    pub(crate) fn viewed(&self) -> u64 {
        self.sized(1_000_000, 20_000)
    }

    pub(crate) fn idle(&self) -> Duration {
        self.idle.unwrap_or(Duration::from_secs(self.sized(30, 10)))
    }

    fn sized<T>(&self, usual: T, quick: T) -> T {
        if self.quick { quick } else { usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_changes_only_settings_that_are_not_set() {
        let settings = Settings::parse_from(["bench", "--quick", "--history", "70000", "drain", "live"]);
        assert_eq!((settings.orders(), settings.repeat(), settings.history()), (5_000, 1, 70_000));
        assert!(settings.wants(Scenario::Live) && !settings.wants_any(&[Scenario::History, Scenario::Alone]));
        let settings = Settings::parse_from(["bench"]);
        assert_eq!((settings.orders(), settings.live()), (50_000, Duration::from_secs(60)));
        assert!(settings.wants(Scenario::History));
    }
}
