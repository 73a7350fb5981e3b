//! The document describes the routes that exist, its file is current, and its examples are valid.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use utoipa::OpenApi as _;

use super::document;
use crate::{api::v2, routes_of_v2};

/// The file of the document, relative to the crate.
const FILE: &str = "../../../docs/segments-openapi.json";

fn read() -> Value {
    serde_json::to_value(document()).unwrap()
}

#[test]
fn the_file_in_docs_is_current() {
    let file = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/segments-openapi.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert!(file == read(), "{FILE} is not the document of the code; run `make swag`");
}

#[test]
fn every_route_is_described_and_no_other() {
    let sources = [include_str!("../api/v1.rs"), include_str!("../api/slugs.rs")];
    let routes = sources.iter().flat_map(|source| source.split(".route(\"").skip(1));
    let v2: Vec<String> = routes_of_v2().into_iter().map(|(_, path, _)| format!("/api/v2{path}")).collect();
    let routes: BTreeSet<&str> = routes
        .filter_map(|rest| rest.split('"').next())
        .chain(["/health"])
        .chain(v2.iter().map(String::as_str))
        .collect();
    let document = read();
    let described: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, routes);
}

#[test]
fn no_two_apis_have_a_schema_of_one_name() {
    let schemas = |document: utoipa::openapi::OpenApi| document.components.unwrap().schemas.len();
    let parts = [super::v1::Document::openapi(), super::slugs::Document::openapi(), v2::document()];
    assert_eq!(parts.into_iter().map(schemas).sum::<usize>(), schemas(document()));
}

#[test]
fn operations_have_names_of_their_own() {
    let document = read();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "{names:?}");
}

#[test]
fn examples_are_valid() {
    let document = read();
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap().iter();
            let contents = responses.map(|(_, response)| response).chain([&operation["requestBody"]]);
            for content in contents.map(|part| &part["content"]["application/json"]) {
                let more = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
                for example in more.chain(content.get("example")) {
                    let whole = json!({"allOf": [content["schema"]], "components": document["components"]});
                    let validator = jsonschema::validator_for(&whole).unwrap();
                    assert!(validator.is_valid(example), "{method} {path}: {example}");
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 20, "{count}");
}
