//! Consumers and subscriptions over API v2: every answer is one that the document promises.

use super::{Answer, Api};
use crate::access::key;

/// A request as an admin.
fn ask(api: &Api, admin: &str, method: &str, path: &str, body: &str) -> Answer {
    api.ask(method, path, &[("Authorization", admin)], body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_created_read_changed_and_ended() -> anyhow::Result<()> {
    let api = Api::with(&[("WEBHOOK_PRIVATE", "allow")]).await?;
    let admin = format!("Bearer {}", key(&api.fixture, "anna", "admin"));
    let ask = |method: &str, path: &str, body: &str| ask(&api, &admin, method, path, body);
    let consumer = ask("POST", "/consumers", r#"{"name":"ads","description":"x"}"#).ok();
    assert_eq!(consumer.json["id"], 1);
    assert_eq!(
        ask("PATCH", "/consumers/1", r#"{"description":null}"#).ok().json["description"],
        serde_json::Value::Null
    );
    assert_eq!(ask("GET", "/consumers", "").ok().json["items"][0], ask("GET", "/consumers/1", "").ok().json);
    // Nobody listens there.
    let new = r#"{"consumer_id":1,"segment":"A","target":"webhook","params":{"url":"http://127.0.0.1:1/"}}"#;
    let created = ask("POST", "/subscriptions", new).ok();
    assert!(created.json["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{created:?}");
    assert_eq!(ask("POST", "/subscriptions", new).code(), "subscription_exists");
    let details = ask("GET", "/subscriptions/1", "").ok();
    assert_eq!((&details.json["audience"], &details.json["actual_end"]), (&"A".into(), &serde_json::Value::Null));
    assert_eq!(ask("PATCH", "/subscriptions/1", r#"{"cron":"0 4 * * *"}"#).ok().json["cron"], "0 4 * * *");
    assert_eq!(ask("PATCH", "/subscriptions/1", r#"{"params":{"url":"x"}}"#).code(), "invalid_subscription");
    assert_eq!(ask("GET", "/subscriptions?segment=B", "").ok().json["items"], serde_json::json!([]));
    assert_eq!(ask("POST", "/subscriptions/1/ping", "").ok().json["acknowledged"], false);
    ask("POST", "/subscriptions/1/secret", "").ok();
    assert_eq!(ask("POST", "/subscriptions/1/sync", "").status, 202);
    ask("GET", "/subscriptions/1/rejections?limit=1", "").ok();
    ask("DELETE", "/subscriptions/1/rejections", "").ok();
    assert_eq!(ask("DELETE", "/subscriptions/1/rejections/1", "").code(), "rejection_not_found");
    assert_eq!(ask("DELETE", "/consumers/1", "").status, 204);
    assert_eq!(ask("POST", "/subscriptions/1/sync", "").code(), "subscription_ended");
    assert_eq!(ask("DELETE", "/subscriptions/1", "").code(), "subscription_not_found");
    assert_eq!(ask("GET", "/subscriptions?ended=true", "").ok().json["items"].as_array().map(Vec::len), Some(1));
    let operations = ask("GET", "/operations?actor=anna", "").ok().json["items"].clone();
    let kinds: Vec<&str> = operations.as_array().unwrap().iter().filter_map(|item| item["kind"].as_str()).collect();
    let expected = [
        "delete_consumer",
        "rotate_secret",
        "update_subscription",
        "create_subscription",
        "update_consumer",
        "create_consumer",
    ];
    assert_eq!(kinds, expected);
    for path in ["/consumers/x", "/subscriptions/99", "/subscriptions/99/rejections"] {
        assert_eq!(ask("GET", path, "").status, 404, "{path}");
    }
    Ok(())
}
