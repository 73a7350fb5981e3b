//! Measured figures by name: one number, or one per service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::output::series::Series;

/// A figure: its name for programs, and its title for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    /// Key in the report, including the unit.
    pub(crate) name: &'static str,
    /// The title in the table.
    pub(crate) title: &'static str,
    /// Number of significant decimals.
    pub(crate) digits: usize,
}

impl Figure {
    pub(crate) const fn new(name: &'static str, title: &'static str, digits: usize) -> Self {
        Self { name, title, digits }
    }
}

/// Measurements of one figure.
#[derive(Debug)]
enum Values {
    /// One value for the whole run.
    One(Series),
    /// One value per service or server.
    Each(BTreeMap<&'static str, Series>),
}

/// Everything measured so far, in the order in which it was first measured.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(Figure, Values)>);

/// A line of a table: of a whole or, named, of a part.
pub(crate) struct Line<'a> {
    pub(crate) figure: Figure,
    pub(crate) part: Option<&'static str>,
    pub(crate) series: &'a Series,
}

impl Figures {
    /// One more measurement of a whole.
    pub(crate) fn push(&mut self, figure: Figure, value: f64) {
        if let Values::One(series) = self.values(figure, || Values::One(Series::default())) {
            series.push(value);
        }
    }

    /// One more measurement of each part.
    pub(crate) fn push_each(&mut self, figure: Figure, values: &BTreeMap<&'static str, f64>) {
        if let Values::Each(parts) = self.values(figure, || Values::Each(BTreeMap::new())) {
            for (part, value) in values {
                parts.entry(part).or_default().push(*value);
            }
        }
    }

    fn values(&mut self, figure: Figure, empty: impl FnOnce() -> Values) -> &mut Values {
        let at = self.0.iter().position(|(known, _)| *known == figure).unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push((figure, empty()));
        }
        &mut self.0[at].1
    }

    /// For a table.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for (figure, values) in &self.0 {
            match values {
                Values::One(series) => lines.push(Line { figure: *figure, part: None, series }),
                Values::Each(parts) => {
                    let line = |(part, series)| Line { figure: *figure, part: Some(part), series };
                    lines.extend(parts.iter().map(|(part, series)| line((*part, series))));
                }
            }
        }
        lines
    }

    /// Medians by name.
    pub(crate) fn medians(&self) -> Map<String, Value> {
        self.by_name(|series| json!(rounded(series.median())))
    }

    /// Every measurement by name, in the order in which they were made.
    pub(crate) fn measurements(&self) -> Map<String, Value> {
        self.by_name(|series| json!(series.iter().map(rounded).collect::<Vec<_>>()))
    }

    fn by_name(&self, tell: impl Fn(&Series) -> Value) -> Map<String, Value> {
        let one = |values: &Values| match values {
            Values::One(series) => tell(series),
            Values::Each(parts) => parts.iter().map(|(part, series)| ((*part).to_owned(), tell(series))).collect(),
        };
        self.0.iter().map(|(figure, values)| (figure.name.to_owned(), one(values))).collect()
    }
}

/// Four digits after the point: more would be noise, and hard to read.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Figure = Figure::new("rate", "orders a second", 0);
    const CPU: Figure = Figure::new("cpu", "CPU", 2);

    #[test]
    fn a_figure_is_a_median_or_one_for_each_part() {
        let mut figures = Figures::default();
        for rate in [3.0, 1.0, 2.00004] {
            figures.push(RATE, rate);
        }
        figures.push_each(CPU, &BTreeMap::from([("stg", 0.5), ("dds", 1.5)]));
        assert_eq!(Value::from(figures.medians()), json!({"rate": 2.0, "cpu": {"dds": 1.5, "stg": 0.5}}));
        assert_eq!(
            Value::from(figures.measurements()),
            json!({"rate": [3.0, 1.0, 2.0], "cpu": {"dds": [1.5], "stg": [0.5]}})
        );
        let lines: Vec<_> = figures.lines().iter().map(|line| (line.figure.name, line.part)).collect();
        assert_eq!(lines, [("rate", None), ("cpu", Some("dds")), ("cpu", Some("stg"))]);
    }
}
