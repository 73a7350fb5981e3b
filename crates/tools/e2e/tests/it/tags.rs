//! Tests of tags: a user has a tag as long as the counter meets the threshold, and every change is published once.

use anyhow::Result;
use harness::{Layer, Pipeline, Record};
use serde_json::json;

/// The text of a statement of CDM.
macro_rules! statement {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/cdm/", $name, ".sql"))
    };
}

mod thresholds;
mod rules;
mod races;
mod crashes;
mod commands;
mod api;
mod rebuilt;
mod plan;

/// A unique user and category.
pub(crate) const USER: &str = "626a81ce9a8cd1920641e296";
const CATEGORY: &str = "Завтраки";

/// Rules of the tests, with ids they can name.
async fn rule(pipeline: &Pipeline, id: i64, subject: &str, key: &str, threshold: i32, tag: &str) -> Result<()> {
    let insert = format!(
        "INSERT INTO cdm.tag_rules (rule_id, subject, subject_key, threshold, tag)
         VALUES ({id}, '{subject}', '{key}', {threshold}, '{tag}')"
    );
    pipeline.sql(&insert).await.map(drop)
}

/// The message of DDS about a user: a counter of the category, and one of a product.
pub(crate) fn counters(user: &str, version: i64, category: i32, product: i32) -> Record {
    let counters = json!({
        "user_id": user,
        "categories": {"any": {"category_name": CATEGORY, "order_cnt": category, "version": version}},
        "products": {"dish": {"product_name": "Сырники", "order_cnt": product, "version": version}},
    });
    Record { key: Some(user.into()), partition: Some(0), ..Record::of(counters.to_string()) }
}

/// Sends one message to CDM and waits until its tag events are published.
pub(crate) async fn say(pipeline: &Pipeline, record: Record) -> Result<()> {
    pipeline.produce(&pipeline.source(Layer::Cdm), [record]).await?;
    pipeline.wait_idle_up_to(&[Layer::Cdm]).await
}

/// The tags that users have, by rule.
async fn tags(pipeline: &Pipeline) -> Result<Vec<String>> {
    pipeline
        .sql("SELECT u.source_id, t.rule_id, t.tag FROM cdm.user_tags AS t INNER JOIN cdm.users AS u USING (user_id) ORDER BY 1, 2")
        .await
}

/// Changes of tags.
async fn history(pipeline: &Pipeline) -> Result<Vec<String>> {
    pipeline
        .sql("SELECT source_id, rule_id, change_no, action, tag, order_cnt, threshold FROM cdm.user_tag_events ORDER BY seq")
        .await
}
