//! Limits of charts: DataLens limits only tables, so a chart has a field that ranks its rows, and a filter on that
//! field.

use crate::spec::{Chart, Kind, Role};

/// A field of the chart itself: the rank of a row, or of its value of [`Role::By`].
pub(super) struct Rank {
    pub(super) guid: String,
    pub(super) title: String,
    /// With the titles of fields, as people write it.
    pub(super) formula: String,
    /// With the ids of fields.
    pub(super) guid_formula: String,
    /// The last rank that is shown.
    pub(super) last: u32,
}

/// The rank by which `chart` is limited. `None` if it shows all rows. A table is not limited but paged: its limit is
/// the size of a page.
pub(super) fn rank(chart: &Chart) -> Option<Rank> {
    let bars = chart.top.filter(|_| chart.kind == Kind::Bar && chart.fields(Role::Series).next().is_none());
    let last = chart.limit.or(bars).filter(|_| chart.kind != Kind::Table)?;
    let formula: Box<dyn Fn(&str) -> String>;
    let column = if chart.kind == Kind::Bar {
        formula = Box::new(|field| format!("RANK_UNIQUE([{field}], \"desc\")"));
        &chart.fields(Role::Value).next()?.column
    } else {
        let column = &chart.fields(Role::By).next()?.column;
        let direction = if column.kind.is_time() { "desc" } else { "asc" };
        formula = Box::new(move |field| format!("RANK_DENSE(MAX([{field}]), \"{direction}\")"));
        column
    };
    Some(Rank {
        guid: format!("rank_{}", chart.id),
        title: format!("Место: {}", chart.title.ru),
        formula: formula(&column.title.ru),
        guid_formula: formula(&column.name),
        last,
    })
}
