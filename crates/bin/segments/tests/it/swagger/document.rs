//! The OpenAPI document as a test of answers.

use serde_json::{Value, json};

/// The document.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn new() -> Self {
        Self(serde_json::to_value(segments::document()).unwrap())
    }

    /// The operation of a request: that of the path with the fewest parameters.
    fn operation(&self, method: &str, path: &str) -> &Value {
        let path: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            let mut pairs = parts.iter().zip(&path);
            parts.len() == path.len() && pairs.all(|(part, text)| part.starts_with('{') || part == text)
        };
        let paths = self.0["paths"].as_object().unwrap().iter().filter(|(template, _)| fits(template));
        let (_, found) = paths.min_by_key(|(template, _)| template.matches('{').count()).unwrap();
        &found[method.to_lowercase()]
    }

    /// Whether an answer is one that the document promises.
    pub(crate) fn validate(&self, method: &str, path: &str, status: u16, body: &str) -> Result<(), String> {
        let promised = &self.operation(method, path)["responses"][status.to_string()];
        let problem = |what: &str| Err(format!("{method} {path}: {status} {body}: {what}"));
        if !promised.is_object() {
            return problem("the document does not promise this status");
        }
        let (json, csv) = (&promised["content"]["application/json"]["schema"], &promised["content"]["text/csv"]);
        if body.is_empty() || csv.is_object() {
            return if json.is_null() { Ok(()) } else { problem("the document promises a body") };
        }
        if !json.is_object() {
            return problem("the document promises no body");
        }
        let whole = json!({"allOf": [json], "components": self.0["components"]});
        let validator = jsonschema::validator_for(&whole).unwrap();
        let answer = serde_json::from_str(body).unwrap();
        validator.validate(&answer).or_else(|error| problem(&error.to_string()))
    }
}

#[test]
fn recorded_answers_are_valid() {
    let document = Document::new();
    for case in crate::fixture::data("cases.jsonl").lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let text = |field: &str| case[field].as_str().unwrap();
        let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
        document.validate(text("method"), text("path"), status, text("resp_body")).unwrap();
    }
}

#[test]
fn an_answer_of_another_shape_is_not_valid() {
    let document = Document::new();
    let users = |status, body| document.validate("GET", "/api/v1/users", status, body);
    assert_eq!(users(200, r#"{"users":null}"#), Ok(()));
    for body in [r#"{"users":[{}]}"#, r#"{"users":null,"more":1}"#, "{}", r#"{"users":5}"#, ""] {
        assert!(users(200, body).is_err(), "{body}");
    }
    assert!(users(500, r#"{"users":null}"#).is_err());
}
