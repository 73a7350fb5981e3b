//! The service as a process: API, scheduler, secrets, readiness, and the command `sync`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::receiver::Receiver;
use crate::{access::key, fixture::Fixture, service::Service};

pub(super) const USER: &str = "00000000-0000-0000-0000-000000000001";

/// A proxy that nobody listens at is not asked.
pub(super) const SETTINGS: [(&str, &str); 4] = [
    ("WEBHOOK_PRIVATE", "allow"),
    ("DEV_METHODS", "true"),
    ("HTTP_PROXY", "http://127.0.0.1:1"),
    ("http_proxy", "http://127.0.0.1:1"),
];

/// A service, the key of an admin, a segment and a receiver.
pub(super) struct Running {
    pub(super) fixture: Fixture,
    service: Service,
    pub(super) receiver: Receiver,
    admin: String,
}

impl Running {
    pub(super) async fn new() -> anyhow::Result<Self> {
        let fixture = Fixture::new().await?;
        let service = Service::start(&fixture.url, &SETTINGS).await?;
        let admin = key(&fixture, "anna", "admin");
        let running = Self { fixture, service, receiver: Receiver::start().await?, admin };
        running.ask("PUT", &format!("/users/{USER}"), "{}", 201);
        running.ask("POST", "/segments", r#"{"name":"A"}"#, 201);
        running.ask("POST", "/consumers", r#"{"name":"ads"}"#, 201);
        Ok(running)
    }

    pub(super) fn ask(&self, method: &str, path: &str, body: &str, status: u16) -> Value {
        let header = format!("Authorization: Bearer {}", self.admin);
        let answer = self.service.ask_with(&header, method, &format!("/api/v2{path}"), body).unwrap();
        assert!(answer.status == status || (status == 201 && answer.status == 200), "{method} {path}: {answer:?}");
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// Creates a subscription of the receiver. Returns its number and its secret.
    fn subscribe(&self) -> (i64, String) {
        self.subscribe_with(&json!({}), None)
    }

    /// With more parameters, and perhaps a cron line.
    pub(super) fn subscribe_with(&self, params: &Value, cron: Option<&str>) -> (i64, String) {
        let mut params = params.clone();
        params["url"] = self.receiver.url().into();
        let new = json!({"consumer_id": 1, "segment": "A", "target": "webhook", "params": params, "cron": cron});
        let created = self.ask("POST", "/subscriptions", &new.to_string(), 201);
        let secret = created["secret"].as_str().unwrap().to_owned();
        self.receiver.trust_text(&secret);
        (created["subscription"]["id"].as_i64().unwrap(), secret)
    }

    pub(super) fn set(&self, list: &str) {
        let body = if list == "add" { json!({"add": [{"user": USER}]}) } else { json!({"remove": [USER]}) };
        self.ask("POST", "/segments/A/members/batch", &body.to_string(), 200);
    }

    /// Waits until a query returns this.
    pub(super) async fn until(&self, query: &str, expected: &str) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let rows = self.fixture.rows(query).await?;
            if rows == [expected] {
                return Ok(());
            }
            anyhow::ensure!(
                begin.elapsed() < Duration::from_secs(60),
                "{rows:?}, not {expected}: {}",
                self.service.log()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Running {
    /// Waits until a metric with these labels is 1.
    async fn until_metric(&self, name: &str, labels: [&str; 2]) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let metrics = self.service.get("/metrics")?.body;
            let is_one = |line: &str| {
                line.starts_with(name) && line.ends_with(" 1") && labels.iter().all(|label| line.contains(label))
            };
            if metrics.lines().any(is_one) {
                return Ok(());
            }
            anyhow::ensure!(begin.elapsed() < Duration::from_secs(60), "{name}: {metrics}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

pub(super) const STATUS: &str = "SELECT status FROM segments.subscriptions ORDER BY id LIMIT 1";

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_a_webhook_within_seconds_and_the_secret_is_shown_once() -> anyhow::Result<()> {
    let running = Running::new().await?;
    let (id, secret) = running.subscribe();
    running.until(STATUS, "uploaded").await?;
    running.set("add");
    running.receiver.until_called(1).await?;
    assert!(running.receiver.holds().contains(USER));
    running.set("remove");
    running.receiver.until_called(2).await?;
    assert!(running.receiver.holds().is_empty());
    let details = running.ask("GET", &format!("/subscriptions/{id}"), "", 200);
    let list = running.ask("GET", "/subscriptions?segment=A", "", 200);
    let log = running.ask("GET", "/log", "", 200);
    for text in [details.to_string(), list.to_string(), log.to_string(), running.service.log()] {
        assert!(!text.contains(&secret), "{text}");
    }
    assert!(!log.to_string().contains("/hook"), "addresses of webhooks may contain a token: {log}");
    assert!(!running.service.log().contains("/hook"), "{}", running.service.log());
    let ping = running.ask("POST", &format!("/subscriptions/{id}/ping"), "", 200);
    assert_eq!((ping["acknowledged"].as_bool(), ping["status"].as_i64()), (Some(true), Some(204)));
    assert_eq!(running.receiver.received().pop().unwrap().body["data"]["changes"], json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_rotation_both_secrets_sign_and_afterwards_the_new_one() -> anyhow::Result<()> {
    let running = Running::new().await?;
    let (id, old) = running.subscribe();
    let rotated = running.ask("POST", &format!("/subscriptions/{id}/secret"), "", 201);
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let ping = |status: u16| {
        let answer = running.ask("POST", &format!("/subscriptions/{id}/ping"), "", 200);
        assert_eq!(answer["status"].as_u64(), Some(u64::from(status)), "{answer}");
    };
    for secret in [&old, &new] {
        running.receiver.trust_text(secret);
        ping(204);
        assert_eq!(running.receiver.received().pop().unwrap().signatures, 2);
    }
    running
        .fixture
        .run("UPDATE segments.secrets SET expires_at = expires_at - interval '1 day' WHERE expires_at IS NOT NULL")
        .await?;
    ping(204);
    assert_eq!(running.receiver.received().pop().unwrap().signatures, 1);
    running.receiver.trust_text(&old);
    ping(401);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_leaves_the_service_ready_and_a_request_tries_at_once() -> anyhow::Result<()> {
    let running = Running::new().await?;
    running.receiver.answers(|_| (500, String::new()));
    running.set("add");
    let (id, _) = running.subscribe();
    running.until(STATUS, "failing").await?;
    assert_eq!(running.service.get("/ready")?.status, 200);
    running.until_metric("tagmill_segments_subscriptions{", ["target=\"webhook\"", "status=\"failing\""]).await?;
    running.until_metric("tagmill_segments_pending_changes{", ["target=\"webhook\"", ""]).await?;
    let details = running.ask("GET", &format!("/subscriptions/{id}"), "", 200);
    assert_eq!(details["error"], "the receiver answers with 500");
    running.receiver.answers(|_| (204, String::new()));
    let run = running.ask("POST", &format!("/subscriptions/{id}/sync"), "", 202)["run_id"].as_i64().unwrap();
    running.until(&format!("SELECT state FROM segments.log WHERE run_id = {run}"), "success").await?;
    assert!(running.receiver.holds().contains(USER));
    running.ask("DELETE", &format!("/subscriptions/{id}"), "", 204);
    running.until("SELECT count(finished_at) FROM segments.syncs", "1").await?;
    assert_eq!(running.receiver.received().pop().unwrap().body["type"], "segment.audience.removed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_is_listed_and_sent_again_after_it_is_deleted() -> anyhow::Result<()> {
    let running = Running::new().await?;
    running.receiver.answers(|body| (if body["data"]["changes"][0].is_null() { 200 } else { 422 }, String::new()));
    running.set("add");
    let (id, _) = running.subscribe();
    running.until("SELECT count(*) FROM segments.rejections", "1").await?;
    let list = running.ask("GET", &format!("/subscriptions/{id}/rejections"), "", 200);
    assert_eq!((&list["items"][0]["response"], &list["items"][0]["user"]), (&"422 no".into(), &USER.into()));
    running.receiver.answers(|_| (200, String::new()));
    let rejection = list["items"][0]["id"].as_i64().unwrap();
    running.ask("DELETE", &format!("/subscriptions/{id}/rejections/{rejection}"), "", 204);
    running.ask("DELETE", &format!("/subscriptions/{id}/rejections/{rejection}"), "", 404);
    running.until("SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL", "1").await?;
    assert!(running.receiver.holds().contains(USER));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_subscriptions_are_refused_with_a_reason() -> anyhow::Result<()> {
    let running = Running::new().await?;
    running.subscribe();
    let url = running.receiver.url();
    for (body, status) in [
        (json!({"consumer_id": 1, "segment": "A", "target": "webhook", "params": {"url": url}}), 409),
        (json!({"consumer_id": 1, "segment": "A", "target": "webhook", "params": {}}), 422),
        (json!({"consumer_id": 1, "segment": "A", "target": "fax", "params": {}}), 422),
        (
            json!({"consumer_id": 1, "segment": "A", "target": "webhook", "params": {"url": "https://x"}, "mode": "full"}),
            422,
        ),
        (json!({"consumer_id": 1, "segment": "none", "target": "webhook", "params": {"url": "https://x"}}), 404),
        (json!({"consumer_id": 9, "segment": "A", "target": "webhook", "params": {"url": "https://x"}}), 404),
    ] {
        running.ask("POST", "/subscriptions", &body.to_string(), status);
    }
    running.ask("POST", "/consumers", r#"{"name":"ads"}"#, 409);
    running.ask("PATCH", "/subscriptions/1", r#"{"cron":"* *"}"#, 422);
    running.ask("PATCH", "/subscriptions/1", r#"{"cron":"0 4 * * *"}"#, 200);
    running.ask("POST", "/subscriptions/99/sync", "", 404);
    Ok(())
}
