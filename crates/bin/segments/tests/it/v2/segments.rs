//! Segments and their settings.

use serde_json::{Value, json};

use super::{ANNA, Api};

#[tokio::test]
async fn a_segment_is_created_configured_deleted_and_restored() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let created = api.post("/segments", r#"{"name":"Любитель пиццы","description":"d","sources":["orders"]}"#);
    assert_eq!(created.status, 201, "{created:?}");
    let path = "/segments/%D0%9B%D1%8E%D0%B1%D0%B8%D1%82%D0%B5%D0%BB%D1%8C%20%D0%BF%D0%B8%D1%86%D1%86%D1%8B";
    assert_eq!(api.get(path).ok().json, created.json);
    assert_eq!((&created.json["description"], &created.json["actual_end"]), (&json!("d"), &Value::Null));
    // A field that is absent stays, null clears.
    let changed = api.ask("PATCH", path, &[], r#"{"context":"c","description":null,"refresh_cron":"0 3 * * *"}"#).ok();
    let fields = ["description", "context", "refresh_cron", "sources", "segment_id"].map(|field| &changed.json[field]);
    let id = &created.json["segment_id"];
    assert_eq!(fields, [&Value::Null, &json!("c"), &json!("0 3 * * *"), &json!(["orders"]), id]);
    assert_eq!(api.post("/segments", r#"{"name":"Любитель пиццы"}"#).code(), "segment_exists");
    assert_eq!(api.post(&format!("{path}/restore"), "").code(), "segment_exists");
    // Members leave a deleted segment; the settings stay.
    let join = r#"{"add":[{"segment":"Любитель пиццы"}]}"#;
    api.post(&format!("/users/{ANNA}/segments"), join).ok();
    assert_eq!(api.ask("DELETE", path, &[], "").status, 204);
    assert_eq!(api.ask("DELETE", path, &[], "").code(), "segment_deleted");
    assert_eq!(api.ask("PATCH", path, &[], "{}").code(), "segment_deleted");
    assert_eq!(api.post(&format!("/users/{ANNA}/segments"), join).code(), "segment_deleted");
    assert_eq!(api.post("/segments", r#"{"name":"Любитель пиццы"}"#).code(), "segment_exists");
    assert_ne!(api.get(path).ok().json["actual_end"], Value::Null);
    let restored = api.post(&format!("{path}/restore"), "").ok();
    assert_eq!((&restored.json["context"], &restored.json["segment_id"]), (&json!("c"), id));
    assert_eq!(api.members(&format!("{path}/members")), Vec::<String>::new());
    api.fixture.audit().await
}

#[tokio::test]
async fn the_list_goes_on_after_the_last_segment_of_a_page() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.ask("DELETE", "/segments/B", &[], "").ok();
    let names = |path: &str| {
        let answer = api.get(path).ok();
        let items = answer.json["items"].as_array().unwrap().clone();
        let names: Vec<String> = items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        (names, answer.json["next"].as_str().map(str::to_owned))
    };
    assert_eq!(names("/segments"), (vec!["A".to_owned(), "C".to_owned()], None));
    assert_eq!(names("/segments?deleted=true").0, ["A", "B", "C"]);
    let (first, next) = names("/segments?limit=1");
    assert_eq!(first, ["A"]);
    // The first page fixes the instant: a segment created since is not in the list.
    api.post("/segments", r#"{"name":"D"}"#).ok();
    let next = next.unwrap();
    assert_eq!(names(&format!("/segments?limit=9&cursor={next}")), (vec!["C".to_owned()], None));
    assert_eq!(api.get(&format!("/segments?deleted=true&cursor={next}")).code(), "invalid_cursor");
    Ok(())
}

#[tokio::test]
async fn unknown_segments_and_wrong_settings_are_refused() -> anyhow::Result<()> {
    let api = Api::new().await?;
    for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore"), ("GET", "/members")] {
        for name in ["none", "%00"] {
            let answer = api.ask(method, &format!("/segments/{name}{path}"), &[], "");
            assert_eq!((answer.status, answer.code()), (404, "segment_not_found"), "{method} {name}{path}");
        }
    }
    for (body, status, code) in [
        (r#"{}"#, 422, "invalid_body"),
        (r#"{"name":""}"#, 422, "invalid_name"),
        (r#"{"name":"D","extra":1}"#, 422, "invalid_body"),
        (r#"{"name":1}"#, 422, "invalid_body"),
        (r#"{"name":"D\u0000"}"#, 422, "invalid_text"),
        (r#"{"name":"\ud800"}"#, 422, "invalid_body"),
        (r#"{"name":"D","refresh_cron":"daily"}"#, 422, "invalid_refresh_cron"),
        (r#"{"name":"D","refresh_params":{"query":{"sql":"SELECT 1"}}}"#, 401, "unauthorized"),
        ("{", 422, "invalid_body"),
    ] {
        let answer = api.post("/segments", body);
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{body}");
    }
    let answer = api.ask("POST", "/segments", &[], b"{\"name\":\"\xff\"}");
    assert_eq!((answer.status, answer.code()), (422, "invalid_body"));
    let answer = api.ask("POST", "/segments", &[("Content-Type", "text/plain")], "{}");
    assert_eq!(answer.status, 415);
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(2 << 20));
    assert_eq!(ask_large(&api, &large), 413);
    Ok(())
}

/// The status, which may come before the body has been read.
fn ask_large(api: &Api, body: &str) -> u16 {
    super::ask(api.service.address(), "POST", "/segments", &[], body.as_bytes()).map_or(413, |answer| answer.status)
}
