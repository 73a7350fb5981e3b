//! Changes outside the service that it follows: rows of a query, tags of the order warehouse, answers of the user service.

use std::time::Duration;

use anyhow::{Result, ensure};
use rand::RngExt;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Writer;
use crate::segments::fixture::Fixture;
use crate::segments::model::{Kind, Status, TAGS, guid};
use crate::system::producer;

/// Time limit for PostgreSQL to come back.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(90);

const PAUSE: Duration = Duration::from_millis(200);

/// The hub key of a user in the order warehouse is another one than the id here.
const HUB: u64 = 1 << 40;

/// Partitions of both topics.
const PARTITIONS: i32 = 2;

impl Writer {
    /// Users enter and leave the table that a query reads.
    pub(super) async fn query(&mut self, fixture: &Fixture) -> Result<()> {
        let mut rows = Vec::new();
        for user in &mut self.users {
            if self.random.random_bool(0.3) {
                user.is_queried = self.random.random_bool(0.5);
                rows.push(format!("('{}', {})", user.guid(), user.is_queried));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let rows = rows.join(", ");
        let statement = format!(
            "INSERT INTO public.customers (guid, is_in) VALUES {rows} ON CONFLICT (guid) DO UPDATE SET is_in = excluded.is_in"
        );
        run(fixture, &statement).await
    }

    /// A tag is assigned or revoked in the order warehouse, and a record names the user.
    pub(super) async fn tag(&mut self, fixture: &Fixture) -> Result<()> {
        let user = self.pick(&[Kind::Tagged]);
        let rule = self.random.random_range(0..TAGS.len());
        let (tag, id) = (TAGS[rule], self.users[user].guid());
        let hub = guid(HUB + self.users[user].number);
        let statement = if self.random.random_bool(0.6) {
            self.users[user].tags.insert(tag);
            format!(
                "INSERT INTO cdm.users (user_id, source_id) VALUES ('{hub}', '{id}') ON CONFLICT DO NOTHING;
                INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at)
                VALUES ('{hub}', {rule} + 1000, '{tag}', now()) ON CONFLICT DO NOTHING"
            )
        } else {
            self.users[user].tags.remove(tag);
            format!("DELETE FROM cdm.user_tags WHERE user_id = '{hub}' AND rule_id = {rule} + 1000")
        };
        run(fixture, &statement).await?;
        self.produce(&fixture.tag_topic, &json!({ "user_id": id }))
    }

    /// The user service gives another answer about a user, and a record names the user.
    pub(super) async fn user_action(&mut self, fixture: &Fixture) -> Result<()> {
        let user = self.pick(&[Kind::Service]);
        let guid = self.users[user].guid();
        let (status, code, body) = match self.random.random_range(0..4) {
            0 => (Status::Removed, 404, ""),
            1 => (Status::Excluded, 200, "{\"status\":\"excluded\"}"),
            _ => (Status::Active, 200, "{\"status\":\"active\"}"),
        };
        self.users[user].set(status);
        fixture.users.set(guid, code, body);
        self.produce(&fixture.user_topic, &json!({ "userID": guid }))
    }

    fn produce(&mut self, topic: &str, record: &serde_json::Value) -> Result<()> {
        let partition = self.random.random_range(0..PARTITIONS);
        let sent = producer::send(&self.producer, topic, partition, Some(record.to_string().as_bytes()))?;
        self.deliveries.push(sent);
        Ok(())
    }
}

/// Runs statements that may be run twice, until PostgreSQL has carried them out.
async fn run(fixture: &Fixture, statements: &str) -> Result<()> {
    let began = Instant::now();
    loop {
        let error = match fixture.database().await {
            Ok(database) => match database.batch_execute(statements).await {
                Ok(()) => return Ok(()),
                Err(error) => error.into(),
            },
            Err(error) => error,
        };
        ensure!(began.elapsed() < RECONNECT_TIMEOUT, "PostgreSQL: {error:#}");
        sleep(PAUSE).await;
    }
}
