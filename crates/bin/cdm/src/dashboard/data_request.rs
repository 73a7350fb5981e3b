//! What is asked: `tab=tags&tag=…&tag_period=2026-03-01..2026-03-07`, read strictly.

use std::collections::BTreeMap;

use axum::{extract::Query, http::Uri};
use dashboards::spec::Type;
use jiff::civil::Date;

use super::{
    filter_value::FilterValue,
    queries::{Filter, Queries, TabQueries},
};
use crate::api::ApiError;

/// A tab, or all, and what its charts are narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DataRequest {
    /// Which tab; none: all.
    tab: Option<String>,
    /// By the id of the selector.
    pub(super) chosen: BTreeMap<String, FilterValue>,
}

/// So many values of one selector can be chosen; nobody clicks more.
const MOST: usize = 100;

/// No name has more: so many bytes of 255 characters.
const LONGEST: usize = 4 * 255;

impl DataRequest {
    /// Reads the part of an address behind the question mark.
    pub(super) fn read(address: &Uri, queries: &Queries) -> Result<Self, ApiError> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(address);
        let Query(mut pairs) = pairs.map_err(|error| ApiError::Malformed(error.body_text()))?;
        pairs.sort();
        let mut data_request = Self::default();
        for (name, value) in &pairs {
            if name == "tab" {
                if data_request.tab.is_some() || !queries.tabs.iter().any(|tab| tab.id == *value) {
                    return Err(ApiError::Malformed(format!("there is no tab {value}, or it is one too many")));
                }
                data_request.tab = Some(value.clone());
            }
        }
        for (name, value) in pairs.into_iter().filter(|(name, _)| name != "tab") {
            let selector = data_request.tabs(queries).flat_map(|tab| &tab.selectors).find(|known| known.id == name);
            let selector = selector.ok_or_else(|| ApiError::Malformed(format!("there is no selector {name}")))?;
            choose(&mut data_request.chosen, selector, value)?;
        }
        Ok(data_request)
    }

    /// The tabs that are asked for.
    pub(super) fn tabs<'a>(&self, queries: &'a Queries) -> impl Iterator<Item = &'a TabQueries> {
        queries.tabs.iter().filter(|tab| self.tab.as_ref().is_none_or(|id| *id == tab.id))
    }
}

fn choose(chosen: &mut BTreeMap<String, FilterValue>, selector: &Filter, value: String) -> Result<(), ApiError> {
    let id = &selector.id;
    let refused = |what: String| Err(ApiError::Malformed(format!("{id}: {what}")));
    if value.len() > LONGEST || value.contains('\0') {
        return refused("too long, or no text".to_owned());
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

/// A day that PostgreSQL knows as well: it writes other years in another way.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.year() > 0 && text.len() == 10)
}
