//! Ids and names in the files for DataLens. They are derived from names in the specification, so that a generated file
//! changes only where the specification does.

use crate::spec::{Chart, Tab};

/// The id of the connection.
pub const CONNECTION: &str = "connection_tagmill";

/// The id of the dashboard.
pub const DASH: &str = "dash_orders";

/// The id of the dataset of a view. The id of a field is the name of its column, so a selector, which refers to fields
/// by id, filters all datasets that have the column.
#[must_use]
pub fn dataset(view: &str) -> String {
    format!("dataset_{view}")
}

/// The id of a chart.
#[must_use]
pub fn chart(chart: &Chart) -> String {
    format!("chart_{}", chart.id)
}

/// The name of a chart in the list of a workbook, where names are unique.
#[must_use]
pub fn chart_name(tab: &Tab, chart: &Chart) -> String {
    format!("{}. {}", tab.title.ru, chart.title.ru)
}
