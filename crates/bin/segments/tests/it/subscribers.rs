//! Subscribers on real PostgreSQL: a webhook receiver that verifies signatures and honours the sequence holds exactly the members.

use std::collections::BTreeSet;

use database::{Database, Settings};
use segments::{
    changes::{Cause, Status},
    subscribers::{
        Outcome, Subscribers,
        due::Work,
        settings::{FileSettings, SubscriberSettings, WebhookPrivate},
        targets::Targets,
    },
};
use serde_json::{Value, json};

use self::receiver::Receiver;
use crate::fixture::Fixture;

mod receiver;
mod outage;
mod rejected;
mod addresses;
mod by_sql;
mod process;
mod scheduled;
#[cfg(feature = "failpoints")]
mod killed;

/// A segment `A` with a number of users, of whom none is a member, and a subscription of a receiver.
struct Subscribed {
    fixture: Fixture,
    receiver: Receiver,
    subscribers: Subscribers,
    id: i32,
}

impl Subscribed {
    async fn new(users: u32) -> anyhow::Result<Self> {
        Self::with(users, json!({})).await
    }

    /// With more parameters.
    async fn with(users: u32, params: Value) -> anyhow::Result<Self> {
        let fixture = Fixture::new().await?;
        let receiver = Receiver::start().await?;
        let mut params = params;
        params["url"] = receiver.url().into();
        fixture
            .run(&format!(
                "INSERT INTO segments.users (source_id) SELECT 's' || n FROM generate_series(1, {users}) AS n;
                INSERT INTO segmenter_segments (name) VALUES ('A');
                INSERT INTO segmenter_consumers (name) VALUES ('ads');
                INSERT INTO segmenter_subscriptions (consumer_id, segment_id, target, params)
                SELECT consumers.id, segments.id, 'webhook', '{params}'
                FROM segmenter_consumers AS consumers, segmenter_segments AS segments"
            ))
            .await?;
        receiver.trust(
            &fixture.rows("SELECT encode(secret, 'hex') AS s FROM segments.secrets WHERE subscription_id = 1").await?,
        );
        let subscribers = subscribers(&fixture, WebhookPrivate::Allow)?;
        Ok(Self { fixture, receiver, subscribers, id: 1 })
    }

    /// Users in a range of numbers join or leave, as a refresh or an import makes them.
    async fn set(&self, from: u32, to: u32, is_member: bool) -> anyhow::Result<()> {
        let change = if is_member {
            "INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
            SELECT 1, user_id, clock_timestamp() AT TIME ZONE 'UTC', (SELECT max(operation_id) FROM segments.operations)
            FROM segments.users"
        } else {
            "UPDATE segments.memberships
            SET end_at = clock_timestamp() AT TIME ZONE 'UTC', closed_by = (SELECT max(operation_id) FROM segments.operations)"
        };
        let open = if is_member { "" } else { "closed_by IS NULL AND" };
        self.fixture
            .run(&format!(
                "BEGIN; INSERT INTO segments.operations (kind, actor, segment_id) VALUES ('import', 'test', 1);
                {change} WHERE {open} user_id BETWEEN {from} AND {to}; COMMIT"
            ))
            .await
    }

    async fn sync(&self) -> anyhow::Result<Outcome> {
        self.sync_as(Work::Sync).await
    }

    async fn sync_as(&self, work: Work) -> anyhow::Result<Outcome> {
        self.subscribers.sync(self.id, work).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))
    }

    /// The GUIDs of the members.
    async fn members(&self) -> anyhow::Result<BTreeSet<String>> {
        let query = "SELECT guid FROM segments.memberships JOIN segments.users USING (user_id) WHERE closed_by IS NULL";
        Ok(self.fixture.rows(query).await?.into_iter().collect())
    }

    /// The receiver holds exactly the members, and the database knows it.
    async fn holds_the_members(&self) -> anyhow::Result<()> {
        let members = self.members().await?;
        assert_eq!(self.receiver.holds(), members);
        let delivered =
            "SELECT guid FROM segments.deliveries JOIN segments.users USING (user_id) WHERE membership_id IS NOT NULL";
        assert_eq!(self.fixture.rows(delivered).await?.into_iter().collect::<BTreeSet<_>>(), members);
        Ok(())
    }

    async fn status(&self) -> anyhow::Result<String> {
        Ok(self.fixture.rows("SELECT status FROM segmenter_subscriptions").await?.join(","))
    }
}

/// What syncs in the database of a fixture.
fn subscribers(fixture: &Fixture, webhook_private: WebhookPrivate) -> anyhow::Result<Subscribers> {
    let targets = Targets::new(&SubscriberSettings { webhook_private, files: FileSettings::default() })?;
    let syncs = Database::new(&Settings::from_url(&fixture.url, None, 4)?);
    Ok(Subscribers::new(syncs, fixture.pool()?, targets))
}

/// A complete sync of so many changes.
const fn complete(acknowledged: i32) -> Outcome {
    Outcome::Complete { acknowledged, rejected: 0 }
}

#[tokio::test]
async fn the_first_sync_adds_all_members_and_the_next_ones_what_has_changed() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(500).await?;
    assert_eq!(subscribed.status().await?, "not uploaded");
    subscribed.set(1, 250, true).await?;
    assert_eq!(subscribed.sync().await?, complete(250));
    assert_eq!((subscribed.receiver.calls(), subscribed.status().await?.as_str()), (3, "uploaded"));
    subscribed.holds_the_members().await?;
    assert_eq!(subscribed.sync().await?, complete(0));
    subscribed.set(1, 10, false).await?;
    subscribed.set(300, 301, true).await?;
    assert_eq!(subscribed.sync().await?, complete(12));
    subscribed.holds_the_members().await?;
    // Left and returned between two syncs: the older membership is removed, then the new one added.
    subscribed.set(20, 20, false).await?;
    subscribed.set(20, 20, true).await?;
    assert_eq!(subscribed.sync().await?, complete(2));
    let last = subscribed.receiver.last_changes();
    let ops: Vec<&str> = last.iter().filter_map(|change| change["op"].as_str()).collect();
    assert_eq!(ops, ["removed", "added"]);
    subscribed.holds_the_members().await?;
    assert_eq!(subscribed.receiver.calls(), 5);
    let log = "SELECT action, target, coverage, num_received, num_invalid, segment_name, error IS NULL AS good, existed
        FROM segmenter_log WHERE action = 'update' ORDER BY processed";
    assert_eq!(subscribed.fixture.rows(log).await?, ["update|webhook|242|264|0|A|true|false"], "a row per hour");
    Ok(())
}

#[tokio::test]
async fn a_stay_between_two_syncs_is_not_sent() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(3).await?;
    assert_eq!(subscribed.sync().await?, complete(0));
    subscribed.set(1, 3, true).await?;
    subscribed.set(1, 3, false).await?;
    assert_eq!((subscribed.sync().await?, subscribed.receiver.calls()), (complete(0), 0));
    Ok(())
}

#[tokio::test]
async fn a_comparison_finds_what_no_operation_shows() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(30).await?;
    subscribed.set(1, 20, true).await?;
    assert_eq!(subscribed.sync().await?, complete(20));
    subscribed.fixture.run("DELETE FROM segments.deliveries WHERE user_id <= 3").await?;
    assert_eq!(subscribed.sync().await?, complete(0));
    assert_eq!(subscribed.sync_as(Work::Reconcile).await?, complete(3));
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn more_users_than_a_sync_looks_at_one_by_one_are_compared_in_ranges() -> anyhow::Result<()> {
    let subscribed = Subscribed::with(12_000, json!({"batch": 1000})).await?;
    assert_eq!(subscribed.sync().await?, complete(0));
    subscribed.set(1, 11_500, true).await?;
    assert_eq!(subscribed.sync().await?, complete(11_500));
    assert_eq!(subscribed.receiver.calls(), 12);
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn an_operation_that_commits_after_a_later_one_is_not_missed() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(10).await?;
    assert_eq!(subscribed.sync().await?, complete(0));
    // The slow writer has the lower number.
    let slow = database::connect(&Settings::from_url(&subscribed.fixture.url, None, 1)?).await?.client;
    slow.batch_execute(
        "BEGIN; INSERT INTO segments.operations (kind, actor, segment_id) VALUES ('import', 'slow', 1);
        INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
        VALUES (1, 1, clock_timestamp() AT TIME ZONE 'UTC', currval('segments.operations_operation_id_seq'))",
    )
    .await?;
    subscribed.set(2, 2, true).await?;
    assert_eq!(subscribed.sync().await?, complete(1));
    slow.batch_execute("COMMIT").await?;
    assert_eq!(subscribed.sync().await?, complete(1));
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn a_user_who_is_removed_leaves_the_audience() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(3).await?;
    subscribed.set(1, 3, true).await?;
    assert_eq!(subscribed.sync().await?, complete(3));
    let guid = subscribed.fixture.rows("SELECT guid FROM segments.users WHERE user_id = 2").await?[0].parse()?;
    let changes = &subscribed.fixture.changes;
    let (asked, cause) = (changes.next_request().await?, Cause::task("test"));
    changes.set_status(guid, Status::Removed, asked, false, &cause).await?;
    assert_eq!(subscribed.sync().await?, complete(1));
    subscribed.holds_the_members().await
}

#[tokio::test]
async fn a_member_whose_answer_was_lost_and_who_left_is_removed_at_the_receiver() -> anyhow::Result<()> {
    let subscribed = Subscribed::new(3).await?;
    subscribed.set(1, 3, true).await?;
    subscribed.receiver.loses_answers(true);
    assert!(matches!(subscribed.sync().await?, Outcome::Failed(_)));
    assert_eq!(subscribed.receiver.holds().len(), 3, "it has applied the changes");
    subscribed.set(1, 2, false).await?;
    subscribed.receiver.loses_answers(false);
    assert_eq!(subscribed.sync().await?, complete(3));
    subscribed.holds_the_members().await?;
    assert_eq!(subscribed.fixture.rows("SELECT count(*) FROM segments.deliveries").await?, ["1"]);
    Ok(())
}
