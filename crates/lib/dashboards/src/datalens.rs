//! Dashboards for DataLens: the workbook file to import, and the snapshots from which its official SDK creates entries.
//! Texts are in Russian.

pub mod ids;
mod connection;
mod dataset;
mod field;
mod rank;
mod wizard;
mod api;
mod dash;

use serde_json::{Map, Value, json};

use crate::Spec;

/// The workbook file: `{"export": {"version", "entries"}, "hash"}`. Its ids are valid in this file only; the import
/// assigns others.
#[must_use]
pub fn workbook(spec: &Spec) -> Value {
    let entries = json!({
        "connection": { ids::CONNECTION: { "connection": connection::connection() } },
        "dataset": wrapped("dataset", spec.views.iter().map(|view| (ids::dataset(&view.name), dataset::dataset(view)))),
        "widget": wrapped("widget", spec.tabs.iter().flat_map(|tab| {
            tab.charts.iter().map(|chart| (ids::chart(chart), wizard::widget(spec, tab, chart)))
        })),
        "dash": { ids::DASH: { "dash": dash::dash(spec) } },
    });
    json!({ "export": { "version": "v1", "entries": entries }, "hash": HASH })
}

/// DataLens signs exports with its own key, and only logs a signature with another one.
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The same entries as the SDK reads them from DataLens, with references by the ids of [`workbook`].
/// `dashboards/publish.py` creates them one after the other.
#[must_use]
pub fn snapshots(spec: &Spec) -> Value {
    let charts = spec.tabs.iter().flat_map(|tab| tab.charts.iter().map(move |chart| api::chart(tab, chart)));
    json!({
        "connection": api::connection(),
        "datasets": spec.views.iter().map(api::dataset).collect::<Vec<_>>(),
        "charts": charts.collect::<Vec<_>>(),
        "dashboard": api::dashboard(spec),
    })
}

fn wrapped(scope: &str, entries: impl Iterator<Item = (String, Value)>) -> Value {
    let wrap = |(id, entry)| (id, Value::Object(Map::from_iter([(scope.to_owned(), entry)])));
    Value::Object(entries.map(wrap).collect())
}
