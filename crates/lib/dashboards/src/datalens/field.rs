//! Fields of a dataset in the form of a wizard chart.

use serde_json::{Value, json};

use super::{dataset, ids};
use crate::spec::{Chart, Column, Field, Kind, Order, Role, Test, Type};

/// A field of a chart, with all properties that the wizard stores.
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

/// The field in the form of the API: its identity and its format.
pub(super) fn referenced(chart: &Chart, field: &Field) -> Value {
    let mut referenced = json!({ "guid": field.column.name, "datasetId": ids::dataset(&chart.view) });
    dress(&mut referenced, chart, field);
    referenced
}

/// The format: numbers with their unit, times in the usual form, heatmap cells in colors.
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

/// The format of a date or a timestamp.
const fn moment(column: &Column) -> Option<&'static str> {
    match column.kind {
        Type::Date => Some("DD.MM.YYYY"),
        Type::Timestamp => Some("DD.MM.YYYY HH:mm"),
        _ => None,
    }
}

/// The pseudo field of measure names, by which a chart of several measures is colored.
pub(super) fn measure_names() -> Value {
    json!({ "title": "Measure Names", "type": "PSEUDO", "data_type": "string" })
}

/// The columns by which the rows of a chart are sorted, with their directions.
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
