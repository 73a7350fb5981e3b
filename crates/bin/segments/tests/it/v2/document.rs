//! Answers of API v2 against the document at `/swagger/doc.json`.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(::segments::document()).unwrap());

/// The operation of a request: that of the path with the fewest parameters.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = format!("/api/v2{}", path.split('?').next().unwrap());
    let path: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == path.len() && parts.iter().zip(&path).all(|(part, text)| part.starts_with('{') || part == text)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(template, _)| fits(template));
    let (_, found) = paths.min_by_key(|(template, _)| template.matches('{').count())?;
    found.get(method.to_lowercase())
}

/// The answer is one that the document promises: status, content type, and the schema of its body.
pub(super) fn validate(method: &str, path: &str, answer: &Answer) {
    // Unknown paths and methods are not described, and reports have an operation of their own format.
    let Some(operation) = operation(method, path).filter(|_| !path.starts_with("/reports/")) else { return };
    let responses = &operation["responses"];
    let promised = responses.get(answer.status.to_string()).unwrap_or(&responses["default"]);
    if answer.status < 400 {
        assert!(
            responses.get(answer.status.to_string()).is_some(),
            "{method} {path} does not promise {}",
            answer.status
        );
    }
    let content = promised["content"].as_object();
    let Some(kind) = answer.headers.get("content-type").and_then(|kind| kind.split(';').next()) else {
        assert!(content.is_none(), "{method} {path} promises a body with {}", answer.status);
        return;
    };
    assert!(content.is_some(), "{method} {path} promises no body");
    let schema = &content.unwrap()[kind]["schema"];
    assert!(schema.is_object(), "{method} {path} does not promise {kind}");
    if kind.ends_with("json") && !kind.contains("ndjson") {
        let whole = json!({"allOf": [schema], "components": DOCUMENT["components"]});
        let validator = jsonschema::validator_for(&whole).unwrap();
        let valid = validator.validate(&answer.json);
        assert!(valid.is_ok(), "{method} {path}: {}: {valid:?}", answer.text);
    }
}

#[test]
fn an_answer_of_another_shape_is_not_valid() {
    let answer = |text: &str| Answer {
        status: 200,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        text: text.to_owned(),
        json: serde_json::from_str(text).unwrap(),
    };
    for body in ["{}", r#"{"items":[{}]}"#, r#"{"items":[],"next":5}"#, "[]"] {
        let result = std::panic::catch_unwind(|| validate("GET", "/segments?limit=1", &answer(body)));
        assert!(result.is_err(), "{body}");
    }
    validate("GET", "/segments?limit=1", &answer(r#"{"items":[],"as_of":"2026-01-01T00:00:00Z","next":null}"#));
}
