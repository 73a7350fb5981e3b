//! SQL of the comparison that follows a repair: only keys that it may have touched are compared again. Pure.

use super::{DIFFERENCE, KEYS, Keys, REPAIR};
use crate::target::upsert::sql::Upsert;

/// The keys that differed before a repair, and those of the rows that it wrote, before and after.
pub(crate) const TOUCHED: &str = "elt_touched";

impl Keys<'_> {
    /// The table of touched keys, with those that differ.
    pub(crate) fn create_touched(&self) -> String {
        let names = self.names("");
        format!("CREATE TEMP TABLE {TOUCHED} ON COMMIT DROP AS SELECT {names} FROM {DIFFERENCE}")
    }

    /// Adds the keys that the rows of A have which the rows read again are about.
    pub(crate) fn insert_touched(&self, upsert: &Upsert<'_>, conflict: &[usize]) -> String {
        format!(
            "INSERT INTO {TOUCHED} SELECT DISTINCT {} FROM {} AS elt_a JOIN {REPAIR} AS elt_s ON {}",
            self.ours(),
            self.target.name,
            upsert.joined(conflict)
        )
    }

    /// The differences of the touched keys, in a new table. `masks`: their patterns of NULLs.
    pub(crate) fn compare_touched(&self, masks: &[i64]) -> String {
        let alive = self.alive().map_or(String::new(), |alive| format!(" AND {alive}"));
        let one = |mask: &i64| {
            let of_m = self.pairs(*mask, |n, _| format!("s.k{n}"));
            let of_a = self.matches(*mask);
            format!(
                "SELECT {}, 1 AS d FROM (SELECT {} FROM {KEYS}) AS s WHERE EXISTS (SELECT FROM {TOUCHED} AS d WHERE {of_m}) \
                 UNION ALL SELECT {}, -1 FROM {} AS elt_a WHERE EXISTS (SELECT FROM {TOUCHED} AS d WHERE {of_a}){alive}",
                self.names("s."),
                self.theirs(),
                self.ours(),
                self.target.name
            )
        };
        self.differences(&masks.iter().map(one).collect::<Vec<_>>().join(" UNION ALL "))
    }
}
