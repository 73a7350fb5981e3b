//! What an operator sets up: rules, a role, a topic, users, segments and subscriptions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use devstack::Topic;
use harness::Environment;
use harness::webhook::{Behaviour, Receiver};
use serde_json::{Value, json};
use uuid::Uuid;

use super::orders::{CATEGORY, TAG};
use super::service::Service;
use super::targets::TOPIC;
use crate::fixture::Fixture;

/// The other tag that stays.
pub(super) const SECOND_TAG: &str = "Сладкоежка";

/// The segment of a query, and its query.
pub(super) const QUERY_SEGMENT: &str = "THREE_DRINKS";
pub(super) const QUERY: &str =
    "SELECT user_id AS guid FROM cdm.user_category_counters WHERE category_name = 'Напитки' AND order_cnt >= 3";

/// The segment of a share of all users, and the share in percent.
pub(super) const ROLLOUT: &str = "NEW_CHECKOUT";
pub(super) const PERCENT: u64 = 10;

/// The segment of the customer's first service.
pub(super) const IMPORTED: &str = "AVITO_MUSIC_SERVICE";

/// Time limit for a tag to become a segment.
const TAG_TIMEOUT: Duration = Duration::from_secs(60);

/// The subscriptions, by their numbers.
pub(super) struct Subscriptions {
    pub(super) ids: Vec<i64>,
}

/// The folder of the CSV files.
pub(super) fn files(folder: &Path) -> PathBuf {
    folder.join("files")
}

/// The topics that segments-service needs beside those of the pipeline, and the rules: only two tags are assigned.
pub(super) async fn prepare(fixture: &Fixture) -> Result<()> {
    fixture.create_topics(&[Topic::data(TOPIC, 3), Topic::dead_letters("segments-service-dead-letters", 1)]).await?;
    let statement = "UPDATE cdm.tag_rules SET enabled = tag IN ($1, $2)";
    fixture.database.execute(statement, &[&TAG, &SECOND_TAG]).await.context("the rules")?;
    Ok(())
}

/// Installs segments-service with the data of the customer's first service. Returns its environment and a key.
pub(super) async fn install(fixture: &Fixture, folder: &Path) -> Result<(Environment, String)> {
    std::fs::create_dir(files(folder))?;
    let mut environment = fixture.environment();
    let own = [
        ("TAG_SEGMENTS", "on".to_owned()),
        ("DEV_METHODS", "true".to_owned()),
        ("WEBHOOK_PRIVATE", "allow".to_owned()),
        ("FILES_ROOT", files(folder).display().to_string()),
        ("REFRESH_DATABASE_URL", fixture.url_of("segments_refresh")),
    ];
    environment.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let key = Service::install(&environment).await?;
    for (name, statements) in [
        ("the role", include_str!("../../sql/create_refresh_role.sql")),
        ("the first service", include_str!("../../sql/create_original.sql")),
        ("the import", include_str!("../../../../../sql/segments/import_original.sql")),
    ] {
        fixture.database.batch_execute(statements).await.context(name)?;
    }
    Ok((environment, key))
}

/// Waits until the tag of the story is a segment.
pub(super) async fn until_tagged(service: &Service) -> Result<()> {
    let path = format!("/segments/{}", encoded(TAG));
    harness::until("the tag is a segment", TAG_TIMEOUT, async || Ok(service.ask("GET", &path, None).await.is_ok()))
        .await
}

/// A name in a path.
pub(super) fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Creates every user of the marts. Tags have created some already.
pub(super) async fn users(fixture: &Fixture, service: &Service) -> Result<()> {
    for row in fixture.database.query("SELECT user_id FROM cdm.users", &[]).await? {
        let guid: Uuid = row.try_get(0)?;
        service.ask("PUT", &format!("/users/{guid}"), Some(json!({}))).await?;
    }
    Ok(())
}

/// Creates the segments that are no tags.
pub(super) async fn segments(service: &Service) -> Result<()> {
    let query = json!({"name": QUERY_SEGMENT, "refresh_auto": true, "refresh_params": {"query": {"sql": QUERY}}});
    service.ask("POST", "/segments", Some(query)).await?;
    refresh(service).await?;
    service.ask("POST", "/segments", Some(json!({"name": ROLLOUT}))).await?;
    let share = json!({"percent": PERCENT, "mode": "live"});
    service.ask("POST", &format!("/segments/{ROLLOUT}/assign"), Some(share)).await.map(drop)
}

/// Lets the segment of the query follow the orders.
pub(super) async fn refresh(service: &Service) -> Result<()> {
    service.ask("POST", &format!("/segments/{QUERY_SEGMENT}/refresh"), Some(json!({}))).await.map(drop)
}

/// Subscribes the receiver to the tag, the topic to the query, the folder to the share.
pub(super) async fn subscribe(service: &Service, receiver: &Receiver) -> Result<Subscriptions> {
    let consumer = service.ask("POST", "/consumers", Some(json!({"name": "demo"}))).await?;
    let consumer = consumer["id"].as_i64().context("the consumer has no id")?;
    let subscribe = async |segment: &str, target: &str, mode: &str, params: Value| {
        let wanted =
            json!({"consumer_id": consumer, "segment": segment, "target": target, "mode": mode, "params": params});
        let created = service.ask("POST", "/subscriptions", Some(wanted)).await?;
        let secret = created["secret"].as_str().map(str::to_owned);
        anyhow::Ok((created["subscription"]["id"].as_i64().context("the subscription has no id")?, secret))
    };
    // Until the receiver knows the secret, it answers with 503 and the service tries again.
    receiver.behave(Behaviour::Fails(503));
    let (webhook, secret) = subscribe(TAG, "webhook", "mirror", json!({"url": receiver.url()})).await?;
    receiver.trust(&secret.context("the webhook has no secret")?)?;
    receiver.behave(Behaviour::Works);
    let (kafka, _) = subscribe(QUERY_SEGMENT, "kafka", "mirror", json!({"topic": TOPIC})).await?;
    let (csv, _) = subscribe(ROLLOUT, "csv", "full", json!({"path": "file:crm", "keep": 2})).await?;
    Ok(Subscriptions { ids: vec![webhook, kafka, csv] })
}

/// What the segments are called, for people.
pub(super) fn describe() -> String {
    format!(
        "«{TAG}» (ten orders of {CATEGORY}), «{SECOND_TAG}», {QUERY_SEGMENT} (a query), {ROLLOUT} ({PERCENT} % of all users), {IMPORTED} (imported)"
    )
}
