//! The workbook file: its form, and its references, which are all resolved.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use dashboards::datalens;
use jsonschema::Validator;
use serde_json::{Map, Value};

/// A strict description of the form: unknown keys are rejected.
const SCHEMA: &str = include_str!("workbook.schema.json");

fn workbook() -> Value {
    datalens::workbook(&dashboards::orders().unwrap())
}

/// The entries of a scope, without their wrappers.
fn entries<'a>(workbook: &'a Value, scope: &str) -> BTreeMap<&'a str, &'a Value> {
    let entries = workbook["export"]["entries"][scope].as_object().unwrap();
    entries.iter().map(|(id, entry)| (id.as_str(), &entry[scope])).collect()
}

fn validator() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

/// The values under `key`, at any depth.
fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str));
            fields.values().for_each(|field| all(field, key, found));
        }
        _ => {}
    }
}

#[test]
fn the_export_has_the_form_of_a_datalens_workbook() {
    let errors: Vec<String> =
        validator().iter_errors(&workbook()).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn an_unknown_key_is_rejected_in_every_table() {
    fn spoil(value: &Value, path: &str, validator: &Validator, root: &Value, kept: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let mut spoilt = root.clone();
                let target: &mut Map<String, Value> = spoilt.pointer_mut(path).unwrap().as_object_mut().unwrap();
                target.insert("unheardOf".to_owned(), Value::Bool(true));
                if validator.is_valid(&spoilt) {
                    kept.push(path.to_owned());
                }
                for (key, field) in fields {
                    spoil(field, &format!("{path}/{key}"), validator, root, kept);
                }
            }
            // One element of each kind is enough, because all have the same form.
            Value::Array(items) => items.iter().take(1).enumerate().for_each(|(number, item)| {
                spoil(item, &format!("{path}/{number}"), validator, root, kept);
            }),
            _ => {}
        }
    }
    // A few entries of each scope, otherwise it takes minutes.
    let mut root = workbook();
    for scope in ["dataset", "widget"] {
        let kept = [
            "dataset_kpi",
            "chart_tag_steps",
            "chart_revenue",
            "chart_top_products",
            "chart_arrivals",
            "chart_products",
        ];
        let entries = root["export"]["entries"][scope].as_object_mut().unwrap();
        entries.retain(|id, _| kept.contains(&id.as_str()));
    }
    let mut kept = Vec::new();
    spoil(&root, "", &validator(), &root, &mut kept);
    // Maps: from ids to entries, and from field ids to selected values.
    kept.retain(|path| !path.ends_with("/defaults") && !path.ends_with("/params"));
    assert_eq!(kept, Vec::<String>::new());
}

#[test]
fn every_reference_in_the_workbook_resolves() {
    let workbook = workbook();
    let (connections, datasets) = (entries(&workbook, "connection"), entries(&workbook, "dataset"));
    let (charts, dashes) = (entries(&workbook, "widget"), entries(&workbook, "dash"));
    let ids = connections.keys().chain(datasets.keys()).chain(charts.keys()).chain(dashes.keys());
    let count = ids.clone().count();
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), count, "the import has one map for the ids of all scopes");

    for (id, dataset) in &datasets {
        let source = &dataset["sources"][0];
        assert!(connections.contains_key(source["connection_id"].as_str().unwrap()), "{id}");
        assert_eq!(dataset["source_avatars"][0]["source_id"], source["id"], "{id}");
        let columns: Vec<&Value> = items(&source["raw_schema"]).map(|column| &column["name"]).collect();
        for field in items(&dataset["result_schema"]) {
            assert!(columns.contains(&&field["source"]), "{id}: {}", field["source"]);
            assert_eq!(field["avatar_id"], dataset["source_avatars"][0]["id"], "{id}");
        }
    }
    for (id, chart) in &charts {
        let shared = &chart["data"]["shared"];
        let dataset = datasets.get(shared["datasetsIds"][0].as_str().unwrap()).unwrap();
        let mut named = Vec::new();
        all(shared, "datasetId", &mut named);
        assert!(!named.is_empty() && named.iter().all(|named| shared["datasetsIds"][0] == **named), "{id}: {named:?}");
        let own = items(&shared["updates"]).map(|update| &update["field"]["guid"]);
        let known: Vec<&Value> = items(&dataset["result_schema"]).map(|field| &field["guid"]).chain(own).collect();
        let mut guids = Vec::new();
        all(shared, "guid", &mut guids);
        all(shared, "colorFieldGuid", &mut guids);
        assert!(
            guids.len() > 1 && guids.iter().all(|guid| known.iter().any(|known| **known == **guid)),
            "{id}: {guids:?}"
        );
    }
    let dash = dashes.values().next().unwrap();
    let mut shown = Vec::new();
    all(dash, "chartId", &mut shown);
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), charts.len(), "a chart is missing or used twice");
    assert!(shown.iter().all(|chart| charts.contains_key(chart)), "{shown:?}");
    for tab in items(&dash["data"]["tabs"]) {
        for selector in items(&tab["items"][0]["data"]["group"]) {
            let source = &selector["source"];
            let dataset = datasets.get(source["datasetId"].as_str().unwrap()).unwrap();
            let field =
                items(&dataset["result_schema"]).find(|field| field["guid"] == source["datasetFieldId"]).unwrap();
            assert_eq!(field["cast"], source["fieldType"], "{selector}");
            assert!(selector["defaults"].get(source["datasetFieldId"].as_str().unwrap()).is_some(), "{selector}");
        }
    }
}

#[test]
fn names_of_datasets_and_charts_are_unique() {
    let workbook = workbook();
    for scope in ["dataset", "widget"] {
        let names: Vec<&str> =
            entries(&workbook, scope).values().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| !name.contains('/')), "{names:?}");
    }
}

#[test]
fn items_of_a_dashboard_do_not_overlap() {
    let workbook = workbook();
    let dash = entries(&workbook, "dash")["dash_orders"];
    let mut ids = BTreeSet::new();
    for tab in items(&dash["data"]["tabs"]) {
        let mut taken = BTreeSet::new();
        let mut placed = BTreeSet::new();
        for place in items(&tab["layout"]) {
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| place[key].as_u64().unwrap());
            assert!(x + w <= 36, "{place}");
            for cell in (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row))) {
                assert!(taken.insert(cell), "{place} overlaps another box");
            }
            placed.insert(place["i"].as_str().unwrap());
        }
        let items: Vec<&str> = items(&tab["items"]).map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(items.iter().copied().collect::<BTreeSet<_>>(), placed);
        ids.extend(items);
    }
    let mut all_ids = Vec::new();
    all(&dash["data"], "id", &mut all_ids);
    assert_eq!(all_ids.iter().collect::<BTreeSet<_>>().len(), all_ids.len(), "an id is used twice");
    let counter = dash["data"]["counter"].as_u64().unwrap();
    assert!(counter > all_ids.len() as u64, "new ids would repeat existing numbers");
}
