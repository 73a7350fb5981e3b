//! The limit of a chart: DataLens has none for pictures, so a field of the chart ranks what is shown, and a filter cuts it.

use crate::spec::{Chart, Kind, Role};

/// A field that only its chart has: the place of a row, or of its value of [`Role::By`].
pub(super) struct Rank {
    pub(super) guid: String,
    pub(super) title: String,
    /// With the titles of fields, as people write it.
    pub(super) formula: String,
    /// With the ids of fields.
    pub(super) guid_formula: String,
    /// The last place that is shown.
    pub(super) last: u32,
}

/// The rank by which `chart` is cut; none, if it shows all. A table is not cut but turned over: its limit is its page.
pub(super) fn rank(chart: &Chart) -> Option<Rank> {
    let last = chart.limit.filter(|_| chart.kind != Kind::Table)?;
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
