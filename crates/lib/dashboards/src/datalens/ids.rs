//! What things are called in the files for DataLens. All of it follows from names in the specification, so that a file made
//! anew differs only where the specification does.

use crate::spec::{Chart, Tab};

/// The connection.
pub const CONNECTION: &str = "connection_tagmill";

/// The dashboard.
pub const DASH: &str = "dash_orders";

/// The dataset of a view. A field's id is the name of its column: so a selector, which goes by ids of fields, narrows all
/// datasets that have the column.
#[must_use]
pub fn dataset(view: &str) -> String {
    format!("dataset_{view}")
}

/// A chart.
#[must_use]
pub fn chart(chart: &Chart) -> String {
    format!("chart_{}", chart.id)
}

/// The name of a chart in the list of a workbook, where names are unique.
#[must_use]
pub fn chart_name(tab: &Tab, chart: &Chart) -> String {
    format!("{}. {}", tab.title.ru, chart.title.ru)
}
