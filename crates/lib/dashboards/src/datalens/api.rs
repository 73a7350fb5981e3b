//! The entries for the official SDK of DataLens: snapshots in the form of the API's answers.

use serde_json::{Value, json};

use super::{connection, dash, dataset, field, ids, rank::rank, wizard};
use crate::{
    Spec,
    spec::{Chart, Kind, Role, Tab, View},
};

/// The connection.
pub(super) fn connection() -> Value {
    let mut connection = connection::connection();
    connection["id"] = json!(ids::CONNECTION);
    if let Some(fields) = connection.as_object_mut() {
        // Set by the person who publishes.
        fields.remove("password");
    }
    connection
}

/// The dataset of a view.
pub(super) fn dataset(view: &View) -> Value {
    json!({ "id": ids::dataset(&view.name), "name": view.title.ru, "dataset": dataset::content(view) })
}

/// A chart of a tab.
pub(super) fn chart(tab: &Tab, chart: &Chart) -> Value {
    json!({
        "id": ids::chart(chart),
        "name": ids::chart_name(tab, chart),
        "type": wizard::wire_type(chart.kind),
        "annotation": { "description": chart.note.as_ref().map_or("", |note| note.ru.as_str()) },
        "data": { "sources": sources(chart), "visualization": visualization(chart) },
    })
}

/// The dashboard. The API sets the version of its content.
pub(super) fn dashboard(spec: &Spec) -> Value {
    let mut data = dash::data(spec);
    if let Some(content) = data.as_object_mut() {
        content.remove("schemeVersion");
    }
    json!({
        "id": ids::DASH,
        "name": spec.title.ru,
        "annotation": { "description": dash::DESCRIPTION },
        "data": data,
    })
}

fn sources(chart: &Chart) -> Value {
    let id = ids::dataset(&chart.view);
    let rank = rank(chart);
    let filter = |guid: &str, filter: Value| json!({ "guid": guid, "datasetId": id, "filter": filter });
    let asked = chart.conditions.iter().map(|it| filter(&it.column.name, field::filter(&it.test)));
    let cut = rank
        .iter()
        .map(|rank| filter(&rank.guid, json!({ "operation": { "code": "LTE" }, "value": [rank.last.to_string()] })));
    let added = rank.iter().map(|rank| {
        json!({
            "action": "add_field",
            "field": {
                "guid": rank.guid,
                "datasetId": id,
                "title": rank.title,
                "formula": rank.formula,
                "calc_mode": "formula",
                "type": "MEASURE",
                "aggregation": "none",
                "cast": "integer",
                "data_type": "integer",
                "local": true,
            },
        })
    });
    json!({
        "datasetsIds": [id],
        "filters": asked.chain(cut).collect::<Vec<_>>(),
        "updates": added.collect::<Vec<_>>(),
    })
}

fn visualization(chart: &Chart) -> Value {
    let items = |role| chart.fields(role).map(|item| field::referenced(chart, item)).collect::<Vec<_>>();
    let place = |items: Vec<Value>| json!({ "items": items });
    let axis = |items: Vec<Value>| json!({ "items": items, "settings": { "title": "off" } });
    let id = ids::dataset(&chart.view);
    let sort: Vec<Value> = field::sorted(chart)
        .map(|(sorted, direction)| json!({ "guid": sorted.column.name, "datasetId": id, "direction": direction }))
        .collect();
    let colors = || {
        let series = items(Role::Series);
        let names = series.is_empty() && wizard::several_measures(chart);
        place(if names { vec![field::measure_names()] } else { series })
    };
    let labels: Vec<Value> = wizard::labelled(chart).map(|item| field::referenced(chart, item)).collect();
    let picture = json!({ "titleMode": "hide", "legendMode": wizard::legend(chart) });
    let kind = wizard::visualization(chart.kind);
    match chart.kind {
        Kind::Kpi => json!({
            "type": kind,
            "measures": place(items(Role::Value)),
            "chartSettings": { "titleMode": "hide", "metricFontSize": "m" },
        }),
        Kind::Bar => json!({
            "type": kind, "y": axis(items(Role::By)), "x": axis(items(Role::Value)), "colors": colors(),
            "labels": place(labels), "sort": place(sort), "chartSettings": picture,
        }),
        Kind::Column | Kind::Line => json!({
            "type": kind, "x": axis(items(Role::By)), "y": axis(items(Role::Value)), "colors": colors(),
            "sort": place(sort), "chartSettings": picture,
        }),
        Kind::Heatmap => json!({
            "type": kind, "columns": place(items(Role::By)), "rows": place(items(Role::Series)),
            "measures": place(items(Role::Value)), "sort": place(sort),
            "chartSettings": { "titleMode": "hide", "pagination": "off" },
        }),
        Kind::Table => json!({
            "type": kind,
            "columns": place(chart.fields.iter().map(|item| field::referenced(chart, item)).collect()),
            "sort": place(sort),
            "chartSettings": {
                "titleMode": "hide",
                "pagination": if chart.limit.is_some() { "on" } else { "off" },
                "limit": chart.limit.unwrap_or(100),
                "totals": "off",
            },
        }),
    }
}
