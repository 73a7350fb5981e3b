//! A dataset: one view, with the titles of its columns.

use serde_json::{Value, json};

use super::ids;
use crate::spec::{Aggregate, Column, Type, View};

/// The dataset of a view.
pub(super) fn dataset(view: &View) -> Value {
    let mut dataset = content(view);
    dataset["name"] = json!(view.title.ru);
    dataset
}

/// The dataset without its name.
pub(super) fn content(view: &View) -> Value {
    json!({
        "description": format!("cdm.{}", view.name),
        "sources": [{
            "id": view.name,
            "title": view.name,
            "connection_id": ids::CONNECTION,
            "source_type": "PG_TABLE",
            "parameters": {
                "db_name": null, "db_version": null, "schema_name": "cdm", "table_name": view.name,
            },
            "raw_schema": view.columns.iter().map(raw_column).collect::<Vec<_>>(),
            "index_info_set": null,
            "managed_by": "user",
            "valid": true,
        }],
        "source_avatars": [{
            "id": view.name, "source_id": view.name, "title": view.name, "is_root": true, "managed_by": "user", "valid": true,
        }],
        "avatar_relations": [],
        "result_schema": view.columns.iter().map(|column| field(view, column)).collect::<Vec<_>>(),
        "result_schema_aux": { "inter_dependencies": { "deps": [] } },
        "component_errors": { "items": [] },
        "obligatory_filters": [],
        "query_settings": {},
        "rls2": {},
        "revision_id": null,
        "preview_enabled": true,
        "load_preview_by_default": true,
        "template_enabled": false,
        "data_export_forbidden": false,
        "cache_invalidation_source": {
            "mode": "off", "filters": [], "field": null, "sql": null, "cache_invalidation_error": null,
        },
    })
}

/// A column as PostgreSQL describes it.
fn raw_column(column: &Column) -> Value {
    json!({
        "name": column.name,
        "title": column.name,
        "description": "",
        "native_type": {
            "native_type_class_name": "common_native_type",
            "conn_type": "postgres",
            "name": column.kind.name(),
            "nullable": true,
        },
        "user_type": data_type(column),
        "nullable": true,
        "has_auto_aggregation": false,
        "lock_aggregation": false,
    })
}

/// A column as people see it.
fn field(view: &View, column: &Column) -> Value {
    json!({
        "guid": column.name,
        "title": column.title.ru,
        "description": "",
        "source": column.name,
        "avatar_id": view.name,
        "calc_mode": "direct",
        "formula": "",
        "guid_formula": "",
        "type": role(column),
        "aggregation": match column.aggregate {
            None => "none",
            Some(Aggregate::Sum) => "sum",
            Some(Aggregate::Max) => "max",
        },
        "cast": data_type(column),
        "data_type": data_type(column),
        "initial_data_type": data_type(column),
        "default_value": null,
        "value_constraint": null,
        "hidden": false,
        "managed_by": "user",
        "valid": true,
        "virtual": false,
        "has_auto_aggregation": false,
        "lock_aggregation": false,
        "autoaggregated": false,
        "aggregation_locked": false,
        "ui_settings": "",
    })
}

/// The DataLens type for a type of PostgreSQL.
pub(super) const fn data_type(column: &Column) -> &'static str {
    match column.kind {
        Type::Bigint | Type::Integer => "integer",
        Type::Boolean => "boolean",
        Type::Date => "date",
        Type::Numeric => "float",
        Type::Text => "string",
        Type::Timestamp => "genericdatetime",
        Type::Uuid => "uuid",
    }
}

/// Whether a column is a dimension or a measure.
pub(super) const fn role(column: &Column) -> &'static str {
    if column.aggregate.is_some() { "MEASURE" } else { "DIMENSION" }
}
