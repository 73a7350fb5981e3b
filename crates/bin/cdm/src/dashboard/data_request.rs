//! Query string of a request for data: `tab=tags&tag=…&tag_period=2026-03-01..2026-03-07`, parsed strictly.

use std::collections::BTreeMap;

use axum::{extract::Query, http::Uri};
use dashboards::spec::Type;
use http::ApiError;
use jiff::civil::Date;

use super::{
    filter_value::{FilterValue, LONGEST_VALUE},
    queries::{Filter, Queries, TabQueries},
};

/// The requested tab, or all tabs, and the filters of the charts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DataRequest {
    /// The tab; `None`: all tabs.
    tab: Option<String>,
    /// Filter values by the id of the selector.
    pub(super) chosen: BTreeMap<String, FilterValue>,
}

/// Maximum number of values of one selector.
const MOST: usize = 100;

impl DataRequest {
    /// Parses the query string of a request.
    pub(super) fn read(address: &Uri, queries: &Queries) -> Result<Self, ApiError> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(address);
        let Query(mut pairs) = pairs.map_err(|error| ApiError::Malformed(error.body_text()))?;
        pairs.sort();
        let mut data_request = Self::default();
        for (name, value) in &pairs {
            if name == "tab" {
                if data_request.tab.is_some() || !queries.tabs.iter().any(|tab| tab.id == *value) {
                    return Err(ApiError::Malformed(format!(
                        "the tab {value} does not exist, or more than one tab is given"
                    )));
                }
                data_request.tab = Some(value.clone());
            }
        }
        for (name, value) in pairs.into_iter().filter(|(name, _)| name != "tab") {
            let selector = data_request.tabs(queries).flat_map(|tab| &tab.selectors).find(|known| known.id == name);
            let selector =
                selector.ok_or_else(|| ApiError::Malformed(format!("the selector {name} does not exist")))?;
            choose(&mut data_request.chosen, selector, value)?;
        }
        Ok(data_request)
    }

    /// The requested tabs.
    pub(super) fn tabs<'a>(&self, queries: &'a Queries) -> impl Iterator<Item = &'a TabQueries> {
        queries.tabs.iter().filter(|tab| self.tab.as_ref().is_none_or(|id| *id == tab.id))
    }
}

fn choose(chosen: &mut BTreeMap<String, FilterValue>, selector: &Filter, value: String) -> Result<(), ApiError> {
    let id = &selector.id;
    let refused = |what: String| Err(ApiError::Malformed(format!("{id}: {what}")));
    if value.len() > LONGEST_VALUE || value.contains('\0') {
        return refused("the value is too long or contains U+0000".to_owned());
    }
    match chosen.get_mut(id) {
        Some(FilterValue::Texts(texts)) if texts.len() < MOST => texts.push(value),
        Some(FilterValue::Texts(_)) => return refused(format!("more than {MOST} values")),
        Some(FilterValue::Days(..)) => return refused("more than one period".to_owned()),
        None => {
            let choice = if selector.kind == Type::Date {
                let days = value.split_once("..").and_then(|(first, last)| Some((day(first)?, day(last)?)));
                let Some((first, last)) = days else {
                    return refused(format!("{value} is not YYYY-MM-DD..YYYY-MM-DD"));
                };
                FilterValue::Days(first, last)
            } else {
                FilterValue::Texts(vec![value])
            };
            chosen.insert(id.clone(), choice);
        }
    }
    Ok(())
}

/// Parses a day in the format that PostgreSQL also writes: years 1 to 9999.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.year() > 0 && text.len() == 10)
}
