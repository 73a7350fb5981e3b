//! SQL queries of all charts and selectors, built once.

use std::collections::BTreeMap;

use dashboards::{
    Spec,
    spec::{Chart, Column, Field, Selector, Tab, Type},
};
use database::Statement;

use super::filter_value::{FilterValue, LONGEST_VALUE};

/// The queries of all tabs.
pub(super) struct Queries {
    pub(super) tabs: Vec<TabQueries>,
}

/// The queries of a tab.
pub(super) struct TabQueries {
    pub(super) id: String,
    pub(super) selectors: Vec<Filter>,
    pub(super) charts: Vec<ChartQuery>,
}

/// A selector.
pub(super) struct Filter {
    pub(super) id: String,
    pub(super) kind: Type,
    /// Query for the choices: a list of texts, or the first and the last day.
    pub(super) choices: Statement,
}

/// A chart.
pub(super) struct ChartQuery {
    pub(super) id: String,
    /// The ids of the selectors that filter the chart.
    narrowed_by: Vec<String>,
    /// The query for each subset of these selectors; bit n stands for selector n of `narrowed_by`.
    statements: Vec<Statement>,
}

impl Queries {
    /// Builds the queries of a specification. Statements are never freed, so call this once per process.
    pub(super) fn new(spec: &Spec) -> Self {
        Self { tabs: spec.tabs.iter().map(|tab| TabQueries::new(spec, tab)).collect() }
    }
}

impl TabQueries {
    fn new(spec: &Spec, tab: &Tab) -> Self {
        let charts = tab.charts.iter().map(|chart| ChartQuery::new(spec, tab, chart));
        Self {
            id: tab.id.clone(),
            selectors: tab.selectors.iter().map(Filter::new).collect(),
            charts: charts.collect(),
        }
    }
}

impl Filter {
    fn new(selector: &Selector) -> Self {
        let Selector { id, view, column, .. } = selector;
        let name = &column.name;
        let sql = if column.kind == Type::Date {
            format!("SELECT json_build_array(min({name}), max({name}))::text FROM cdm.{view}")
        } else {
            choices(name, view)
        };
        Self { id: id.clone(), kind: column.kind, choices: leaked_statement(id, sql) }
    }
}

impl ChartQuery {
    fn new(spec: &Spec, tab: &Tab, chart: &Chart) -> Self {
        let filter: Vec<&Selector> = tab.selectors.iter().filter(|selector| spec.narrows(selector, chart)).collect();
        let statement = |subset: usize| {
            let chosen = filter.iter().enumerate().filter(|(bit, _)| subset & (1 << bit) != 0);
            let chosen: Vec<&Selector> = chosen.map(|(_, selector)| *selector).collect();
            leaked_statement(&chart.id, as_json(chart, &chosen))
        };
        Self {
            id: chart.id.clone(),
            statements: (0..1 << filter.len()).map(statement).collect(),
            narrowed_by: filter.iter().map(|selector| selector.id.clone()).collect(),
        }
    }

    /// The query for the chosen filters, and the filter values for its parameters in their order.
    pub(super) fn filtered<'a>(&self, chosen: &'a BTreeMap<String, FilterValue>) -> (&Statement, Vec<&'a FilterValue>) {
        let (mut subset, mut choices) = (0, Vec::new());
        for (bit, selector) in self.narrowed_by.iter().enumerate() {
            if let Some(choice) = chosen.get(selector) {
                subset |= 1 << bit;
                choices.push(choice);
            }
        }
        (&self.statements[subset], choices)
    }
}

/// Maximum length in characters of a name on the page. With the limits of the charts, the response for a tab is smaller
/// than 1 MiB, regardless of the names.
const LONGEST_NAME: usize = 100;

/// Maximum number of choices of a selector.
const MOST_CHOICES: usize = 1000;

/// Maximum size of all choices of a selector in bytes of JSON.
const CHOICES_BYTES: usize = 100_000;

/// The choices of a text selector, in order: as many as the limits allow. A name that a request may not contain is left
/// out.
fn choices(name: &str, view: &str) -> String {
    format!(
        "SELECT coalesce(json_agg(c.name ORDER BY c.name), '[]')::text FROM (
            SELECT n.name, sum(octet_length(to_json(n.name)::text) + 2) OVER (ORDER BY n.name) AS bytes
            FROM (SELECT DISTINCT {name} AS name FROM cdm.{view} ORDER BY 1 LIMIT {MOST_CHOICES}) AS n
            WHERE octet_length(n.name) <= {LONGEST_VALUE}
        ) AS c WHERE c.bytes <= {CHOICES_BYTES}"
    )
}

/// A name, cut if it is too long. Two names that begin alike end differently, because the end distinguishes them.
fn shortened(name: &str) -> String {
    let kept = LONGEST_NAME - 7;
    format!(
        "CASE WHEN char_length({name}) > {LONGEST_NAME} THEN left({name}, {kept}) || '…' || left(md5({name}), 6) ELSE {name} END"
    )
}

/// A query that returns the chart's rows as one JSON array of arrays. Numbers that may have a fraction are written as
/// text, so that no JSON parser turns them into floats.
fn as_json(chart: &Chart, selectors: &[&Selector]) -> String {
    let cell = |Field { column: Column { name, kind, .. }, .. }: &Field| match kind {
        Type::Numeric => format!("{name}::text"),
        Type::Text => shortened(name),
        _ => name.clone(),
    };
    let cells: Vec<String> = chart.fields.iter().map(cell).collect();
    let (cells, rows) = (cells.join(", "), chart.sql_narrowed(selectors));
    format!("SELECT coalesce(json_agg(json_build_array({cells})), '[]')::text FROM ({rows}) AS chart")
}

fn leaked_statement(id: &str, sql: String) -> Statement {
    Statement { name: Box::leak(format!("dashboard/{id}").into_boxed_str()), sql: Box::leak(sql.into_boxed_str()) }
}
