//! Bars of figures: what is expected of a median.

use serde_json::{Map, Value, json};

/// What is expected of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// By name of the figure.
const BARS: [(&str, Bar); 11] = [
    ("segments_checks_over_pgbench", Bar::AtLeast(0.5)),
    ("segments_pairs_over_checks", Bar::AtLeast(5.0)),
    ("segments_import_over_copy", Bar::AtMost(2.5)),
    ("segments_refresh_changed_over_copy", Bar::AtMost(1.0)),
    ("segments_refresh_same_over_copy", Bar::AtMost(0.7)),
    ("segments_assign_over_copy", Bar::AtMost(0.5)),
    ("segments_page_last_over_first", Bar::AtMost(1.5)),
    ("segments_as_of_last_over_first", Bar::AtMost(1.5)),
    ("segments_adders_over_one", Bar::AtLeast(2.0)),
    ("segments_tag_to_webhook_p99_seconds", Bar::AtMost(2.0)),
    (PEAK_SEGMENTS, Bar::AtMost(64.0)),
];

/// The peak memory of segments-service, in MiB.
pub(crate) const PEAK_SEGMENTS: &str = "segments_peak_rss_mib";

impl Bar {
    /// The bar of a figure.
    pub(crate) fn of(name: &str) -> Option<Self> {
        BARS.iter().find(|(known, _)| *known == name).map(|(_, bar)| *bar)
    }

    /// Whether a median meets it.
    pub(crate) fn is_met(self, median: f64) -> bool {
        match self {
            Self::AtMost(most) => median <= most,
            Self::AtLeast(least) => median >= least,
        }
    }

    /// For a table: the bar, and whether it is missed.
    pub(crate) fn verdict(self, median: f64) -> String {
        let bar = match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AtLeast(least) => format!("≥ {least}"),
        };
        if self.is_met(median) { bar } else { format!("{bar}: missed") }
    }

    /// For programs.
    fn json(self, median: f64) -> Value {
        let (kind, limit) = match self {
            Self::AtMost(most) => ("at_most", most),
            Self::AtLeast(least) => ("at_least", least),
        };
        json!({ kind: limit, "met": self.is_met(median) })
    }
}

/// The bars of these medians, by name.
pub(crate) fn json(medians: &Map<String, Value>) -> Map<String, Value> {
    let bar = |(name, median): (&String, &Value)| Some((name.clone(), Bar::of(name)?.json(median.as_f64()?)));
    medians.iter().filter_map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_or_missed() {
        let medians = json!({"segments_import_over_copy": 2.6, "segments_adders_over_one": 2.0, "other": 1});
        let Value::Object(medians) = medians else { unreachable!() };
        let bars = Value::Object(json(&medians));
        let expected = json!({
            "segments_import_over_copy": {"at_most": 2.5, "met": false},
            "segments_adders_over_one": {"at_least": 2.0, "met": true},
        });
        assert_eq!(bars, expected);
        assert_eq!(Bar::AtMost(2.5).verdict(2.6), "≤ 2.5: missed");
    }
}
