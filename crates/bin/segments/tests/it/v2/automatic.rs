//! Automatic segments: assign, refresh, preview, sources, log.

use serde_json::{Value, json};

use super::{ANNA, Api, BORIS};
use crate::access::key;

#[tokio::test]
async fn a_percentage_is_assigned_once_or_followed() -> anyhow::Result<()> {
    let api = Api::new().await?;
    // The buckets of Anna: 4487 in A. Boris has another one.
    let assigned = api.post("/segments/A/assign", r#"{"percent":100,"time_to_live":3600}"#).ok();
    assert_eq!(assigned.json, json!({"joined": 2, "left": 0}));
    assert_ne!(api.get("/segments/A/members").ok().json["items"][0]["until"], Value::Null);
    let live = r#"{"percent":100,"include":["A"],"mode":"live"}"#;
    let first = api.ask("POST", "/segments/B/assign", &[("Idempotency-Key", "k")], live).ok();
    let again = api.ask("POST", "/segments/B/assign", &[("Idempotency-Key", "k")], live).ok();
    assert_eq!((&first.json["joined"], &first.json), (&json!(2), &again.json));
    assert_eq!(api.get("/segments/B").ok().json["refresh_params"]["percent"]["include"], json!(["A"]));
    assert_eq!(api.members("/segments/B/members"), [ANNA, BORIS]);
    // A membership that is followed cannot be ended.
    assert_eq!(api.post("/users/1/segments", r#"{"remove":["B"]}"#).code(), "membership_managed");
    let why = api.get("/users/1/segments/B/why").ok().json;
    assert_eq!((&why["operation"]["kind"], &why["by_refresh"]), (&json!("assign"), &json!(true)));
    for (path, body, status, code) in [
        ("/segments/none/assign", r#"{"percent":1}"#, 404, "segment_not_found"),
        ("/segments/A/assign", r#"{"percent":101}"#, 422, "invalid_assign"),
        ("/segments/A/assign", r#"{"percent":1,"of":"A"}"#, 422, "invalid_assign"),
        ("/segments/A/assign", "{}", 422, "invalid_assign"),
        ("/segments/A/assign", r#"{"percent":1,"include":["none"]}"#, 422, "filter_not_found"),
    ] {
        let answer = api.post(path, body);
        assert_eq!((answer.status, answer.code()), (status, code), "{path} {body}");
    }
    api.fixture.audit().await
}

#[tokio::test]
async fn a_refresh_has_a_run_in_the_log() -> anyhow::Result<()> {
    let api = Api::new().await?;
    assert_eq!(api.post("/segments/A/refresh", "").code(), "segment_not_automatic");
    assert_eq!(api.post("/segments/none/refresh", "").code(), "segment_not_found");
    assert_eq!(api.post("/segments/A/refresh?force=perhaps", "").code(), "invalid_query");
    api.post("/segments/A/assign", r#"{"percent":100,"mode":"live"}"#).ok();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let started = api.post("/segments/A/refresh?force=true", "");
        assert_eq!(started.status, 202, "{started:?}");
        let run_id = started.json["run_id"].clone();
        let row = loop {
            let row = api.get("/log?segment=A&limit=1").ok().json["items"][0].clone();
            if row["state"] != "running" {
                break row;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        assert_eq!(
            (&row["run_id"], &row["state"], &row["segment"]),
            (&run_id, &json!("success"), &json!("A")),
            "{row}"
        );
        runs.push(run_id);
    }
    let (mut found, mut path) = (Vec::new(), "/log?segment=A&limit=1".to_owned());
    loop {
        let page = api.get(&path).ok().json;
        found.extend(page["items"].as_array().unwrap().iter().map(|row| row["run_id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/log?segment=A&limit=1&cursor={next}");
    }
    runs.reverse();
    assert_eq!(found, runs);
    assert_eq!(api.get("/log?state=failed").ok().json["items"], json!([]));
    assert_eq!(api.get(&format!("{path}x")).code(), "invalid_cursor");
    Ok(())
}

#[tokio::test]
async fn a_preview_changes_nothing_and_sql_needs_an_admin() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"1"}]}"#).ok();
    let preview = |name: &str, percent: u32| {
        let body = json!({"name": name, "refresh_params": {"percent": {"percent": percent}}});
        api.post("/segments/preview", &body.to_string()).ok().json
    };
    let new = preview("new", 100);
    assert_eq!((&new["count"], &new["joining"], &new["leaving"]), (&json!(2), &json!(2), &json!(0)));
    assert_eq!(new["joining_users"].as_array().unwrap().len(), 2);
    assert_eq!(preview("new", 0)["count"], 0);
    assert_eq!(api.get("/segments/new").status, 404);
    let sql = r#"{"name":"A","refresh_params":{"query":{"sql":"SELECT 1 AS user_id"}}}"#;
    let analyst = format!("Bearer {}", key(&api.fixture, "boris", "analyst"));
    let admin = format!("Bearer {}", key(&api.fixture, "anna", "admin"));
    assert_eq!(api.post("/segments/preview", sql).status, 401);
    assert_eq!(api.ask("POST", "/segments/preview", &[("Authorization", &analyst)], sql).status, 403);
    // Without REFRESH_DATABASE_URL no SQL runs.
    let answer = api.ask("POST", "/segments/preview", &[("Authorization", &admin)], sql);
    assert_eq!((answer.status, answer.code()), (422, "invalid_refresh_params"));
    assert!(answer.json["detail"].as_str().unwrap().contains("REFRESH_DATABASE_URL"), "{answer:?}");
    assert_eq!(api.members("/segments/A/members"), [ANNA]);
    Ok(())
}

#[tokio::test]
async fn a_source_is_set_read_and_deleted_unless_it_is_needed() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let admin = format!("Bearer {}", key(&api.fixture, "anna", "admin"));
    let ask = |method: &str, path: &str, body: &str| api.ask(method, path, &[("Authorization", &admin)], body);
    let body = r#"{"loaded_at_query":"SELECT now()","error_after":3600}"#;
    assert_eq!(api.put("/sources/orders", body).status, 401);
    let set = ask("PUT", "/sources/orders", body).ok();
    assert_eq!(api.get("/sources").ok().json["items"], json!([set.json]));
    assert_eq!((&set.json["error_after"], &set.json["warn_after"]), (&json!(3600), &Value::Null));
    ask("PUT", "/sources/orders", r#"{"loaded_at_query":"SELECT now()","warn_after":60}"#).ok();
    assert_eq!(api.get("/sources").ok().json["items"][0]["warn_after"], 60);
    api.ask("PATCH", "/segments/A", &[], r#"{"sources":["orders"]}"#).ok();
    assert_eq!(ask("DELETE", "/sources/orders", "").code(), "source_needed");
    api.ask("PATCH", "/segments/A", &[], r#"{"sources":[]}"#).ok();
    assert_eq!(ask("DELETE", "/sources/orders", "").status, 204);
    assert_eq!(ask("DELETE", "/sources/orders", "").code(), "source_not_found");
    assert_eq!(
        ask("PUT", "/sources/orders", r#"{"loaded_at_query":"SELECT 1","error_after":-1}"#).code(),
        "invalid_seconds"
    );
    Ok(())
}
