//! The report of a run, and its JSON form.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::output::bars;
use crate::output::figures::{Figure, Figures, rounded};
use crate::scenario::drain::Course;
use crate::server::statements::Statement;

/// Peak memory of each service, the most of all scenarios.
const PEAK_RSS: &str = "peak_rss_mib";

/// Results of a run so far, without what was not measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) environment: Option<Environment>,
    pub(crate) figures: Figures,
    /// The most memory of each service, by scenario.
    pub(crate) memory: BTreeMap<&'static str, BTreeMap<&'static str, f64>>,
    /// Progress of the last drain, and its number of orders.
    pub(crate) course: Option<(Course, u64)>,
    /// For each order of the live scenario: time of production in seconds, latency in milliseconds.
    pub(crate) latencies: Vec<(f64, f64)>,
    pub(crate) history: Option<History>,
    pub(crate) profile: Option<Profile>,
}

/// The machine and the settings.
#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Median time of an fsync of one page on the data disk, at the beginning.
    pub(crate) fsync_ms: f64,
    pub(crate) batch_size: usize,
    pub(crate) orders: u64,
    pub(crate) repeat: usize,
    pub(crate) seed: u64,
    /// Whether the run was too small for meaningful figures.
    pub(crate) quick: bool,
    pub(crate) postgresql: BTreeMap<String, String>,
}

/// Loads of the history, in sequence.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    pub(crate) orders: u64,
    pub(crate) step: u64,
    pub(crate) seconds: Vec<f64>,
    /// CPU time of PostgreSQL in each step, autovacuum and checkpoints with it.
    pub(crate) postgresql_cpu_seconds: Vec<f64>,
    /// Whether all audits ran in the end, or only the cheap counts.
    pub(crate) audited: bool,
}

/// PostgreSQL's time in a drain, by statement.
#[derive(Debug, Serialize)]
pub(crate) struct Profile {
    pub(crate) orders: u64,
    /// Statements of the services, the most expensive first.
    pub(crate) statements: Vec<Statement>,
    /// Nested statements: foreign-key checks. Their time is part of that of the others.
    pub(crate) nested: Vec<Statement>,
}

impl Report {
    /// Takes the peak memory of one run of a scenario into account.
    pub(crate) fn remember(&mut self, scenario: &'static str, peaks: &BTreeMap<&'static str, f64>) {
        let known = self.memory.entry(scenario).or_default();
        for (service, peak) in peaks {
            let most = known.entry(service).or_default();
            *most = most.max(*peak);
        }
    }

    /// One more measurement of a figure.
    pub(crate) fn push(&mut self, figure: Figure, value: f64) {
        self.figures.push(figure, value);
    }

    /// One more measurement of a figure of each service.
    pub(crate) fn push_each(&mut self, figure: Figure, values: &BTreeMap<&'static str, f64>) {
        self.figures.push_each(figure, values);
    }

    /// The peak memory of each service in all scenarios.
    pub(crate) fn peaks(&self) -> BTreeMap<&'static str, f64> {
        let mut peaks: BTreeMap<&'static str, f64> = BTreeMap::new();
        for (service, peak) in self.memory.values().flatten() {
            let most = peaks.entry(service).or_default();
            *most = most.max(*peak);
        }
        peaks
    }

    /// Medians by name at the top, everything else below.
    pub(crate) fn json(&self) -> Value {
        let mut report = self.figures.medians();
        if !self.memory.is_empty() {
            report.insert(PEAK_RSS.to_owned(), numbers(&self.peaks()));
            let by_scenario = self.memory.iter().map(|(scenario, peaks)| ((*scenario).to_owned(), numbers(peaks)));
            report.insert("peak_rss_mib_by_scenario".to_owned(), Value::Object(by_scenario.collect()));
        }
        if let Some(peak) = self.peaks().get("segments") {
            report.insert(bars::PEAK_SEGMENTS.to_owned(), json!(rounded(*peak)));
        }
        let bars = bars::json(&report);
        if !bars.is_empty() {
            report.insert("bars".to_owned(), Value::Object(bars));
        }
        let mut detail = |name: &str, value: Option<Value>| value.map(|value| report.insert(name.to_owned(), value));
        detail("history", self.history.as_ref().map(|history| json!(history)));
        detail("profile", self.profile.as_ref().map(|profile| json!(profile)));
        detail("environment", self.environment.as_ref().map(|environment| json!(environment)));
        detail("measurements", Some(Value::Object(self.figures.measurements())));
        Value::Object(report)
    }
}

fn numbers(values: &BTreeMap<&'static str, f64>) -> Value {
    Value::Object(
        values.iter().map(|(name, value)| ((*name).to_owned(), json!(rounded(*value)))).collect::<Map<_, _>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_measurements_are_absent() {
        assert_eq!(Report::default().json(), json!({"measurements": {}}));
    }

    #[test]
    fn memory_is_the_maximum_of_all_scenarios() {
        let mut report = Report::default();
        report.remember("drain", &BTreeMap::from([("stg", 10.0), ("dds", 20.5)]));
        report.remember("drain", &BTreeMap::from([("stg", 12.0), ("dds", 20.0)]));
        report.remember("live", &BTreeMap::from([("stg", 11.0)]));
        report.push(Figure::new("drain_orders_per_second", "", 0), 1234.0);
        let json = report.json();
        assert_eq!(json["peak_rss_mib"], json!({"stg": 12.0, "dds": 20.5}));
        assert_eq!(json["peak_rss_mib_by_scenario"]["live"], json!({"stg": 11.0}));
        assert_eq!(json["drain_orders_per_second"], json!(1234.0));
        assert_eq!(json["measurements"], json!({"drain_orders_per_second": [1234.0]}));
    }
}
