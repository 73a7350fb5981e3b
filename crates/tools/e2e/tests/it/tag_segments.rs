//! Tags as segments, with the services as processes: from orders to a member and back, with and without records.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Environment, Layer, Pipeline, Process, Record, command, migrate, until};

use crate::story::{Order, closed, workload};

const USER: &str = "626a81ce9a8cd1920641e296";
const TAG: &str = "Любитель пиццы";
const SOON: Duration = Duration::from_secs(120);

/// The settings of segments-service beside this pipeline.
fn environment(pipeline: &Pipeline) -> Environment {
    [
        ("DATABASE_URL", pipeline.database_url()),
        ("TAG_SEGMENTS", "on".to_owned()),
        ("KAFKA_BOOTSTRAP_SERVERS", pipeline.endpoints().bootstrap_servers()),
        ("KAFKA_TAG_TOPIC", pipeline.destination(Layer::Cdm)),
        ("KAFKA_DEAD_LETTER_TOPIC", pipeline.dead_letters(Layer::Cdm)),
        ("KAFKA_GROUP_ID", format!("{}-segments", pipeline.group(Layer::Cdm))),
        ("KAFKA_SESSION_TIMEOUT", "6s".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

async fn until_members_are(pipeline: &Pipeline, expected: &[&str]) -> Result<()> {
    let query = "SELECT source_id FROM segments.memberships JOIN segments.users USING (user_id)
        JOIN segments.segments USING (segment_id) WHERE closed_by IS NULL AND segments.name = 'Любитель пиццы'";
    let what = format!("the members are {expected:?}");
    until(&what, SOON, async || Ok(pipeline.sql(query).await? == expected)).await
}

#[tokio::test]
async fn ten_orders_make_a_member_and_a_cancellation_ends_it() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline
        .sql(&format!(
            "INSERT INTO cdm.tag_rules (rule_id, subject, subject_key, threshold, tag) VALUES (100, 'category', 'Раздел pizza', 10, '{TAG}')"
        ))
        .await?;
    let environment = environment(&pipeline);
    migrate("segments-service", &environment).await?;
    let ten: Vec<Order<'_>> = (1..=10).map(|id| closed(id, USER, &["pizza"])).collect();
    let orders = workload(&ten)?;
    pipeline.name(&orders.reference).await?;
    let _services = pipeline.start_all().await?;
    let folder = tempfile::tempdir()?;
    let segments = Process::spawn("segments-service", &environment, folder.path().join("segments.log"))?;
    segments.ready().await?;
    pipeline.load(&orders.events).await?;
    until_members_are(&pipeline, &[USER]).await?;
    let cancelled = Order { status: "CANCELLED", minute: 5, ..closed(1, USER, &["pizza"]) };
    pipeline.load(&workload(&[cancelled])?.events).await?;
    until_members_are(&pipeline, &[]).await?;
    // Whether the record or the first reconciliation came first, the history has both changes, and their reasons.
    let reasons = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/segments/tags/select_reason.sql"));
    let at = async |column: &str| {
        let at = format!("(SELECT {column} FROM segments.memberships WHERE user_id = 1)");
        pipeline.sql(&reasons.replace("$1", "1").replace("$2", &format!("'{TAG}'")).replace("$3", &at)).await
    };
    let (joined, left) = (at("start_at").await?, at("end_at").await?);
    ensure!(joined.len() == 1 && joined[0].starts_with("100|assigned|category|Раздел pizza|10|10|"), "{joined:?}");
    ensure!(left.len() == 1 && left[0].starts_with("100|revoked|category|Раздел pizza|9|10|"), "{left:?}");
    repeat_and_reverse(&pipeline, &segments).await?;
    // Without its records: the reconciliation reads the tags.
    segments.kill().await?;
    pipeline.load(&workload(&[closed(11, USER, &["pizza"])])?.events).await?;
    let tagged = async || Ok(!pipeline.sql("SELECT tag FROM cdm.user_tags").await?.is_empty());
    until("the tag is back", SOON, tagged).await?;
    let output = command("segments-service", &environment)?.args(["refresh", TAG]).output().await?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "{text}");
    ensure!(text.contains("success\t1 joined, 0 left"), "{text}");
    until_members_are(&pipeline, &[USER]).await
}

/// The records of the tags are sent again in reverse order, each twice: they name a user whose tags are read, so nothing changes.
async fn repeat_and_reverse(pipeline: &Pipeline, segments: &Process) -> Result<()> {
    const READ: &str = "tagmill_records_total";
    let topic = pipeline.destination(Layer::Cdm);
    let has_both = async || Ok(pipeline.read(&topic).await?.len() >= 2);
    until("assigned and revoked are published", SOON, has_both).await?;
    let records = pipeline.read(&topic).await?;
    // All of the records so far have been read.
    until("the records are read", SOON, async || Ok(segments.metric(READ).await? >= count(records.len()))).await?;
    let (before, read) = (pipeline.sql(CHANGES).await?, segments.metric(READ).await?);
    let again: Vec<Record> = records.iter().rev().flat_map(|record| [record.clone(), record.clone()]).collect();
    let expected = read + count(again.len());
    pipeline.produce(&topic, again).await?;
    until("the records are read again", SOON, async || Ok(segments.metric(READ).await? >= expected)).await?;
    ensure!(pipeline.sql(CHANGES).await? == before, "records that are old or repeated have changed something");
    until_members_are(pipeline, &[]).await
}

/// Changes of memberships, and those open.
const CHANGES: &str = "SELECT (SELECT count(*) FROM segments.operations WHERE kind = 'change_user')::text,
    (SELECT count(*) FROM segments.memberships)::text, (SELECT count(*) FROM segments.memberships WHERE closed_by IS NULL)::text";

fn count(records: usize) -> f64 {
    u32::try_from(records).map_or(f64::INFINITY, f64::from)
}
