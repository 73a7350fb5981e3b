//! A share of the users is added to a locked segment, and the segments to include and exclude are found.

use std::time::Duration;

use consumer::Failure;
use database::{PgTimestamp, Statement, Transaction, get, statement};

use super::{Cause, operation::Operation};
use crate::percent::{Assign, Match, Mode, Percent};

const FILL: Statement = statement!("segments/memberships/fill_segment");
const FILTERS: Statement = statement!("segments/percent/select_filters");

/// The segments of a percentage, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    include: Vec<i32>,
    exclude: Vec<i32>,
}

/// Finds the segments to include and exclude. Those that do not exist or are deleted are returned by name.
pub(crate) async fn filters(
    transaction: &Transaction,
    percent: &Percent,
) -> Result<Result<Filters, Vec<String>>, Failure> {
    if percent.is_plain() {
        return Ok(Ok(Filters::default()));
    }
    let names: Vec<&str> = percent.include.iter().chain(&percent.exclude).map(String::as_str).collect();
    let mut alive = Vec::new();
    for row in &transaction.query(&FILTERS, [&names]).await? {
        if get(row, 2)? {
            alive.push((get::<String>(row, 0)?, get::<i32>(row, 1)?));
        }
    }
    let id = |name: &String| alive.iter().find(|(alive, _)| alive == name).map(|(_, id)| *id);
    let all = percent.include.iter().chain(&percent.exclude);
    let missing: Vec<String> = all.filter(|name| id(name).is_none()).cloned().collect();
    let ids = |names: &[String]| names.iter().filter_map(id).collect();
    let filters = Filters { include: ids(&percent.include), exclude: ids(&percent.exclude) };
    Ok(if missing.is_empty() { Ok(filters) } else { Err(missing) })
}

/// Adds users to a locked segment, who may be taken out again. Returns how many.
pub(super) async fn fill(
    transaction: &Transaction,
    (id, name): (i32, &str),
    percent: &Percent,
    filters: &Filters,
    (now, time_to_live): (PgTimestamp, Option<Duration>),
    cause: &Cause,
) -> Result<u64, Failure> {
    let assign = Assign { percent: percent.clone(), mode: Mode::Snapshot { time_to_live } };
    let detail = assign.to_json();
    let operation = Operation { kind: "fill", at: now, cause, segment_id: Some(id), user_id: None, detail };
    let operation_id = operation.insert(transaction).await?;
    let is_any = percent.matching == Match::Any;
    let end = time_to_live.map_or(PgTimestamp::INFINITY, |time| {
        PgTimestamp::from_micros(now.micros().saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX)))
    });
    let Filters { include, exclude } = filters;
    let (buckets, name) = (&percent.buckets, &name);
    transaction.execute(&FILL, [&id, name, buckets, &now, &operation_id, &end, include, exclude, &is_any]).await
}

impl Filters {
    /// As parameters: include and exclude.
    pub(crate) const fn ids(&self) -> (&Vec<i32>, &Vec<i32>) {
        (&self.include, &self.exclude)
    }
}
