//! Comparison of the database with the oracle. Each table is compared as text, keyed by the ids of the source.

pub mod oracle;
mod tables;
mod vault;
mod counters;
mod tags;
mod letters;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use harness::Pipeline;
use workload::model::Truth;

use crate::compare::oracle::Oracle;

/// A difference between the expected and the actual state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table or topic.
    pub table: String,
    /// The row: business keys separated by `|`.
    pub key: String,
    /// The expected value; `None` if the row must not exist.
    pub expected: Option<String>,
    /// The value found.
    pub found: Option<String>,
}

impl Difference {
    /// A problem that does not concern a row of a table.
    pub(crate) fn problem(kind: &str, what: impl Into<String>) -> Self {
        Self { table: kind.to_owned(), key: what.into(), expected: None, found: None }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.table, self.key)?;
        match (&self.expected, &self.found) {
            (None, None) => Ok(()),
            (expected, found) => {
                let shown = |what: &Option<String>| what.clone().unwrap_or_else(|| "nothing".to_owned());
                write!(formatter, ": expected {}, found {}", shown(expected), shown(found))
            }
        }
    }
}

/// Rows by their keys.
pub(crate) type Rows = BTreeMap<String, String>;

/// The rows that a table must contain, and those that it may contain: traces of superseded versions.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) must: Rows,
    pub(crate) may: Rows,
}

impl Wanted {
    pub(crate) fn differences(&self, table: &str, found: &Rows) -> Vec<Difference> {
        let difference = |key: &str, expected: Option<&String>| Difference {
            table: table.to_owned(),
            key: key.to_owned(),
            expected: expected.cloned(),
            found: found.get(key).cloned(),
        };
        let missing = self.must.iter().filter(|(key, value)| found.get(*key) != Some(value));
        let missing = missing.map(|(key, value)| difference(key, Some(value)));
        let allowed = |key: &str, value: &String| self.must.contains_key(key) || self.may.get(key) == Some(value);
        let surplus = found.iter().filter(|(key, value)| !allowed(key, value));
        missing.chain(surplus.map(|(key, _)| difference(key, self.may.get(key)))).collect()
    }
}

/// Compares everything and returns the differences.
///
/// # Errors
/// If PostgreSQL or the broker does not answer.
pub async fn compare(pipeline: &Pipeline, oracle: &Oracle, truth: &Truth) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for (table, wanted) in vault::wanted(truth).into_iter().chain(counters::wanted(truth)) {
        differences.extend(wanted.differences(table.name, &tables::read(pipeline, table).await?));
    }
    differences.extend(tags::compare(pipeline, truth).await?);
    differences.extend(letters::compare(pipeline, oracle).await?);
    if let Err(complaint) = pipeline.audit().await {
        differences.push(Difference::problem("audit", format!("{complaint:#}")));
    }
    Ok(differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Rows {
        rows.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn missing_wrong_and_extra_rows_are_reported_and_allowed_extras_are_not() {
        let wanted = Wanted { must: rows(&[("a", "1"), ("b", "2")]), may: rows(&[("c", "0")]) };
        let differing =
            |found| wanted.differences("t", &rows(found)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(differing(&[("a", "1"), ("b", "2")]).is_empty());
        assert!(differing(&[("a", "1"), ("b", "2"), ("c", "0")]).is_empty());
        assert_eq!(differing(&[("a", "1")]), ["t: b: expected 2, found nothing"]);
        assert_eq!(differing(&[("a", "1"), ("b", "3")]), ["t: b: expected 2, found 3"]);
        assert_eq!(differing(&[("a", "1"), ("b", "2"), ("c", "4")]), ["t: c: expected 0, found 4"]);
        assert_eq!(differing(&[("a", "1"), ("b", "2"), ("d", "4")]), ["t: d: expected nothing, found 4"]);
    }
}
