//! Wizard charts of DataLens, in version 15 of their format.

use serde_json::{Value, json};

use super::{
    dataset, field, ids,
    rank::{Rank, rank},
};
use crate::{
    Spec,
    spec::{Chart, Field, Kind, Role, Tab},
};

/// A chart of a tab.
pub(super) fn widget(spec: &Spec, tab: &Tab, chart: &Chart) -> Value {
    json!({
        "name": ids::chart_name(tab, chart),
        "type": wire_type(chart.kind),
        "annotation": { "description": chart.note.as_ref().map_or("", |note| note.ru.as_str()) },
        "data": { "shared": shared(spec, chart) },
    })
}

/// The part of DataLens that draws it.
pub(super) const fn wire_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Kpi => "metric_wizard_node",
        Kind::Heatmap | Kind::Table => "table_wizard_node",
        Kind::Bar | Kind::Column | Kind::Line => "graph_wizard_node",
    }
}

/// The name of the kind in the wizard.
pub(super) const fn visualization(kind: Kind) -> &'static str {
    match kind {
        Kind::Kpi => "metric",
        Kind::Bar => "bar",
        Kind::Column => "column",
        Kind::Line => "line",
        Kind::Heatmap => "pivotTable",
        Kind::Table => "flatTable",
    }
}

fn shared(spec: &Spec, chart: &Chart) -> Value {
    let id = ids::dataset(&chart.view);
    let rank = rank(chart);
    let mut known: Vec<Value> = spec.view(&chart.view).map_or_else(Vec::new, |view| {
        let known = |name: &str, title: &str| json!({ "guid": name, "title": title, "calc_mode": "direct" });
        view.columns.iter().map(|column| known(&column.name, &column.title.ru)).collect()
    });
    known.extend(rank.iter().map(|rank| json!({ "guid": rank.guid, "title": rank.title, "calc_mode": "formula" })));
    json!({
        "type": "datalens",
        "version": "15",
        "visualization": { "id": visualization(chart.kind), "placeholders": placeholders(chart) },
        "datasetsIds": [id],
        "datasetsPartialFields": [known],
        "updates": rank.iter().map(|rank| added(&id, rank)).collect::<Vec<_>>(),
        "filters": filters(chart, rank.as_ref()),
        "sort": field::sorted(chart).map(|(sorted, direction)| json!({
            "guid": sorted.column.name,
            "datasetId": id,
            "title": sorted.column.title.ru,
            "source": sorted.column.name,
            "type": dataset::role(&sorted.column),
            "data_type": dataset::data_type(&sorted.column),
            "direction": direction,
        })).collect::<Vec<_>>(),
        "colors": colors(chart),
        "colorsConfig": {},
        "extraSettings": settings(chart),
        "hierarchies": [],
        "labels": labelled(chart).map(|item| field::placed(chart, item)).collect::<Vec<_>>(),
        "links": [],
        "segments": [],
        "shapes": [],
        "shapesConfig": {},
        "tooltips": [],
    })
}

/// The fields in each placeholder. The specification has no other fields for the kind.
fn placeholders(chart: &Chart) -> Value {
    let items = |role| chart.fields(role).map(|item| field::placed(chart, item)).collect::<Vec<_>>();
    let place = |id: &str, items: Vec<Value>| json!({ "id": id, "items": items, "settings": {} });
    let axis = |id: &str, items: Vec<Value>| json!({ "id": id, "items": items, "settings": { "title": "off" } });
    match chart.kind {
        Kind::Kpi => json!([place("measures", items(Role::Value))]),
        Kind::Bar => json!([axis("y", items(Role::By)), axis("x", items(Role::Value))]),
        Kind::Column => json!([axis("x", items(Role::By)), axis("y", items(Role::Value))]),
        Kind::Line => json!([axis("x", items(Role::By)), axis("y", items(Role::Value)), axis("y2", Vec::new())]),
        Kind::Heatmap => json!([
            place("pivot-table-columns", items(Role::By)),
            place("rows", items(Role::Series)),
            place("measures", items(Role::Value)),
        ]),
        Kind::Table => {
            let columns = chart.fields.iter().map(|item| field::placed(chart, item)).collect();
            json!([place("flat-table-columns", columns)])
        }
    }
}

/// The meaning of colors: the series, or one of several measures.
pub(super) fn colors(chart: &Chart) -> Vec<Value> {
    if !matches!(chart.kind, Kind::Bar | Kind::Column | Kind::Line) {
        return Vec::new();
    }
    let series: Vec<Value> = chart.fields(Role::Series).map(|item| field::placed(chart, item)).collect();
    if series.is_empty() && several_measures(chart) { vec![field::measure_names()] } else { series }
}

/// Whether it shows several measures.
pub(super) fn several_measures(chart: &Chart) -> bool {
    chart.fields(Role::Value).count() > 1
}

/// Bars of one color have labels with their values. Labels of stacked colors would overlap.
pub(super) fn labelled(chart: &Chart) -> impl Iterator<Item = &Field> {
    let plain = chart.kind == Kind::Bar && colors(chart).is_empty();
    chart.fields(Role::Value).filter(move |_| plain)
}

/// The widget on the dashboard has the title, so the chart shows none.
fn settings(chart: &Chart) -> Value {
    match chart.kind {
        Kind::Kpi => json!({ "indicatorTitleMode": "hide", "metricFontSize": "m" }),
        Kind::Heatmap => json!({ "titleMode": "hide", "pagination": "off" }),
        Kind::Table => json!({
            "titleMode": "hide",
            "pagination": if chart.limit.is_some() { "on" } else { "off" },
            "limit": chart.limit.unwrap_or(100),
            "totals": "off",
        }),
        Kind::Bar | Kind::Column | Kind::Line => json!({
            "titleMode": "hide",
            "legendMode": legend(chart),
        }),
    }
}

/// A legend is not necessary for a single color.
pub(super) fn legend(chart: &Chart) -> &'static str {
    if colors(chart).is_empty() { "hide" } else { "show" }
}

fn filters(chart: &Chart, rank: Option<&Rank>) -> Vec<Value> {
    let id = ids::dataset(&chart.view);
    let asked = chart.conditions.iter().map(|condition| {
        json!({
            "guid": condition.column.name,
            "datasetId": id,
            "title": condition.column.title.ru,
            "type": dataset::role(&condition.column),
            "calc_mode": "direct",
            "filter": field::filter(&condition.test),
        })
    });
    let cut = rank.map(|rank| {
        json!({
            "guid": rank.guid,
            "datasetId": id,
            "title": rank.title,
            "type": "MEASURE",
            "calc_mode": "formula",
            "filter": { "operation": { "code": "LTE" }, "value": [rank.last.to_string()] },
        })
    });
    asked.chain(cut).collect()
}

/// The field of the rank, as a field that the chart adds.
fn added(dataset: &str, rank: &Rank) -> Value {
    json!({
        "action": "add_field",
        "field": {
            "guid": rank.guid,
            "datasetId": dataset,
            "title": rank.title,
            "description": "",
            "formula": rank.formula,
            "guid_formula": rank.guid_formula,
            "calc_mode": "formula",
            "type": "MEASURE",
            "aggregation": "none",
            "cast": "integer",
            "data_type": "integer",
            "initial_data_type": "integer",
            "source": "",
            "hidden": false,
            "managed_by": "user",
            "valid": true,
            "virtual": false,
            "local": true,
            "autoaggregated": true,
            "has_auto_aggregation": true,
            "aggregation_locked": true,
            "lock_aggregation": false,
        },
    })
}
