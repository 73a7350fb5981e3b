//! Recovery times by kind of restart: a table for people, figures for programs.

use std::collections::BTreeMap;

use comfy_table::Cell;
use harness::Layer;
use serde::Serialize;

use super::recovery::{ALLOWED, Measured};
use crate::output::report::{self, number};

/// Shortest, median and longest time to the first commit, in seconds.
type Times = [f64; 3];

/// The results of a series of restarts.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Recoveries {
    restarts: usize,
    /// Restarts after which a service made no commit for longer than the limit.
    over_30_s: usize,
    recovery_s: BTreeMap<String, Kind>,
}

#[derive(Debug, Default, Serialize)]
struct Kind {
    restarts: usize,
    over_30_s: usize,
    longest_standstill_s: f64,
    stg: Times,
    dds: Times,
    cdm: Times,
}

impl Recoveries {
    pub(crate) fn of(all: &[Measured]) -> Self {
        let mut kinds = BTreeMap::<String, Vec<&Measured>>::new();
        for measured in all {
            kinds.entry(measured.restart.kind()).or_default().push(measured);
        }
        Self {
            restarts: all.len(),
            over_30_s: all.iter().filter(|measured| measured.is_late()).count(),
            recovery_s: kinds.into_iter().map(|(kind, of)| (kind, Kind::of(&of))).collect(),
        }
    }

    pub(crate) fn over_allowed(&self) -> usize {
        self.over_30_s
    }

    /// Prints the table: a row for each kind of restart.
    pub(crate) fn print(&self) {
        let mut header = vec!["Kafka ends, and is back at".to_owned(), "restarts".to_owned()];
        header.extend(Layer::ALL.map(Layer::binary));
        header.extend(["longest standstill".to_owned(), format!("over {} s", ALLOWED.as_secs())]);
        let mut table = report::table(&header.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, kind) in &self.recovery_s {
            let mut row = vec![Cell::new_owned(name.clone()), number(kind.restarts.to_string())];
            row.extend(
                [kind.stg, kind.dds, kind.cdm]
                    .map(|[least, median, most]| number(format!("{least:.1} / {median:.1} / {most:.1} s"))),
            );
            row.push(number(format!("{:.1} s", kind.longest_standstill_s)));
            row.push(number(kind.over_30_s.to_string()));
            table.add_row(row);
        }
        println!("\n{table}\n");
        println!("Time from the return of Kafka to the first commit of each service: minimum / median / maximum.");
        println!(
            "{} restarts, {} of them with a standstill of over {} s",
            self.restarts,
            self.over_30_s,
            ALLOWED.as_secs()
        );
    }
}

impl Kind {
    fn of(all: &[&Measured]) -> Self {
        let standstills = all.iter().flat_map(|measured| measured.services).map(|recovery| recovery.standstill);
        let times = |layer: Layer| {
            let seconds = all.iter().map(|measured| measured.services[layer as usize].first_commit.as_secs_f64());
            times(seconds.collect())
        };
        Self {
            restarts: all.len(),
            over_30_s: all.iter().filter(|measured| measured.is_late()).count(),
            longest_standstill_s: rounded(standstills.max().unwrap_or_default().as_secs_f64()),
            stg: times(Layer::Stg),
            dds: times(Layer::Dds),
            cdm: times(Layer::Cdm),
        }
    }
}

fn times(mut seconds: Vec<f64>) -> Times {
    seconds.sort_by(f64::total_cmp);
    let of = |at: usize| rounded(seconds.get(at).copied().unwrap_or_default());
    [of(0), of(seconds.len() / 2), of(seconds.len().saturating_sub(1))]
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::recovery::Recovery;
    use super::super::{Back, Restart};
    use super::*;
    use crate::fault::End;

    fn measured(back: Back, first: u64, standstill: u64) -> Measured {
        let recovery =
            Recovery { first_commit: Duration::from_secs(first), standstill: Duration::from_secs(standstill) };
        Measured { restart: Restart { end: End::Kill, away: Duration::ZERO, back }, services: [recovery; 3] }
    }

    #[test]
    fn restarts_are_listed_by_kind_and_late_recoveries_are_counted() {
        let all = [measured(Back::Same, 3, 3), measured(Back::Same, 1, 40), measured(Back::Other, 31, 31)];
        let recoveries = Recoveries::of(&all);
        assert_eq!((recoveries.restarts, recoveries.over_allowed()), (3, 2));
        let same = &recoveries.recovery_s["SIGKILL, same address"];
        assert_eq!((same.restarts, same.over_30_s, same.longest_standstill_s), (2, 1, 40.0));
        assert_eq!(same.stg, [1.0, 3.0, 3.0]);
    }
}
