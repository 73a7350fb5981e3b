//! Fields of a dataset as a wizard chart names them.

use serde_json::{Value, json};

use super::{dataset, ids};
use crate::spec::{Chart, Column, Field, Kind, Order, Role, Test, Type};

/// A field in a place of a chart, with all the wizard saves of it.
pub(super) fn placed(chart: &Chart, field: &Field) -> Value {
    let column = &field.column;
    let mut placed = json!({
        "guid": column.name,
        "datasetId": ids::dataset(&chart.view),
        "title": column.title.ru,
        "type": dataset::role(column),
        "data_type": dataset::data_type(column),
        "calc_mode": "direct",
        "source": column.name,
    });
    dress(&mut placed, chart, field);
    placed
}

/// It as the API wants it: who it is, and how it looks.
pub(super) fn referenced(chart: &Chart, field: &Field) -> Value {
    let mut referenced = json!({ "guid": field.column.name, "datasetId": ids::dataset(&chart.view) });
    dress(&mut referenced, chart, field);
    referenced
}

/// Numbers with their unit, times as people write them, cells of a heatmap in colours.
fn dress(item: &mut Value, chart: &Chart, field: &Field) {
    let column = &field.column;
    if column.aggregate.is_some() && !column.kind.is_time() {
        item["formatting"] = json!({
            "format": "number",
            "showRankDelimiter": true,
            "prefix": "",
            "postfix": column.unit.as_ref().map_or_else(String::new, |unit| format!(" {}", unit.ru)),
            "precision": column.decimals,
            "labelMode": "absolute",
        });
    }
    if let Some(format) = moment(column) {
        item["format"] = json!(format);
    }
    if chart.kind == Kind::Heatmap && field.role == Role::Value {
        item["backgroundSettings"] = json!({
            "enabled": true,
            "settingsId": chart.id,
            "colorFieldGuid": column.name,
            "settings": {
                "isContinuous": true,
                "paletteState": {},
                "gradientState": {
                    "gradientMode": "2-point", "gradientPalette": "blue", "thresholdsMode": "auto", "reversed": false,
                },
            },
        });
    }
}

/// How a day or a moment is written.
const fn moment(column: &Column) -> Option<&'static str> {
    match column.kind {
        Type::Date => Some("DD.MM.YYYY"),
        Type::Timestamp => Some("DD.MM.YYYY HH:mm"),
        _ => None,
    }
}

/// The names of measures, as a colour: what a chart of several measures is coloured by.
pub(super) fn measure_names() -> Value {
    json!({ "title": "Measure Names", "type": "PSEUDO", "data_type": "string" })
}

/// What the rows of a chart are sorted by, with its direction.
pub(super) fn sorted(chart: &Chart) -> impl Iterator<Item = (&Field, &'static str)> {
    let direction = |order: &Order| if order.descending { "DESC" } else { "ASC" };
    chart.order.iter().filter_map(move |order| {
        let field = chart.fields.iter().find(|field| field.column.name == order.column)?;
        Some((field, direction(order)))
    })
}

/// The operation and the values of a filter.
pub(super) fn filter(test: &Test) -> Value {
    let (code, value) = match test {
        Test::Between([low, high]) => ("BETWEEN", vec![low.to_string(), high.to_string()]),
        Test::Is(yes) => ("EQ", vec![yes.to_string()]),
        Test::Equals(text) => ("IN", vec![text.clone()]),
    };
    json!({ "operation": { "code": code }, "value": value })
}
