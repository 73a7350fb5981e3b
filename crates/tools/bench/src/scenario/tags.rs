//! Tags: the time to apply a changed rule to very many users, its effect on the stream, and requests to the tag API.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Process, until};
use orders::keys;
use serde_json::json;
use tokio::time::{Instant, sleep};
use workload::source::Event;

use crate::output::figures::Figure;
use crate::output::progress::tell;
use crate::output::report::Report;
use crate::output::series::Series;
use crate::scenario::drain::peak_rss_mib;
use crate::server::fixture::{Arena, Fixture, stop};
use crate::settings::Settings;
use crate::stream::{self, Order, Sender};

const SECONDS: Figure = Figure::new("tag_change_seconds", "a rule changed, s until all have or lose the tag", 2);
const PUBLISHED: Figure = Figure::new("tag_change_told_seconds", "a rule changed, s until all of it is published", 2);
const CHANGES: Figure = Figure::new("tag_change_users", "a rule changed, users who gain or lose the tag", 0);
const P50: Figure = Figure::new("tag_change_live_p50_ms", "the stream meanwhile: p50, ms", 1);
const MOST: Figure = Figure::new("tag_change_live_most_ms", "the stream meanwhile: slowest, ms", 1);
const API_P50: Figure = Figure::new("tag_api_p50_ms", "tag API, tags of a user: p50, ms", 2);
const API_P99: Figure = Figure::new("tag_api_p99_ms", "tag API, tags of a user: p99, ms", 2);
const API_PAGE: Figure = Figure::new("tag_api_page_p50_ms", "tag API, 100 users of a tag: p50, ms", 2);

/// Ten counters each.
const CATEGORIES: [&str; 10] =
    ["Пицца", "Роллы", "Выпечка", "Супы", "Бургеры", "Салаты", "Горячее", "Закуски", "Десерты", "Напитки"];

/// Thresholds in sequence: from no user to nearly all users, to half of them, to no user.
const THRESHOLDS: [u32; 3] = [2, 21, 1000];

/// Duration of the stream before and after the rule is changed.
const BEFORE: Duration = Duration::from_secs(2);
const AFTER: Duration = Duration::from_secs(4);

const QUESTIONS: u64 = 1000;

/// Changes one rule several times while CDM processes messages.
pub(crate) async fn tags(fixture: &Fixture, settings: &Settings, report: &mut Report) -> Result<()> {
    let users = settings.taggable();
    tell(format!("tags: {users} users with {} counters", users * 10));
    let arena = fixture.arena(1, &fixture.week(1)).await?;
    fill(&arena, users).await?;
    let services = arena.spawn(&[Layer::Cdm])?;
    let cdm = services.first().context("no service")?;
    cdm.ready().await?;
    arena.tagged().await?;
    arena.calm().await?;

    let topic = arena.pipeline.source(Layer::Cdm);
    let mut sender = Sender::new(&fixture.stack.endpoints().bootstrap_servers(), topic, settings.rate)?;
    let mut messages = (0_u64..).map(message);
    let count = ((BEFORE + AFTER).as_secs_f64() * settings.rate).round() as u64;
    let mut live = Series::default();
    for threshold in THRESHOLDS {
        let streaming = stream::run(&mut sender, &arena.pipeline, &mut messages, count);
        let (latencies, change) = tokio::try_join!(streaming, change(&arena, threshold))?;
        latencies.iter().for_each(|(_, ms)| live.push(*ms));
        tell(format!(
            "tags: {} users in {:.2} s, published in {:.2} s",
            change.users, change.seconds, change.published
        ));
        report.push(SECONDS, change.seconds);
        report.push(PUBLISHED, change.published);
        report.push(CHANGES, change.users as f64);
    }
    report.push(P50, live.median());
    report.push(MOST, live.most());

    let fill = "UPDATE cdm.tag_rules SET threshold = 21";
    arena.pipeline.sql(fill).await?;
    arena.tagged().await?;
    ask(cdm, users, report).await?;
    report.remember("tags", &peak_rss_mib(&[Layer::Cdm], &services).await?);
    arena.pipeline.assert_tags_are_published().await?;
    stop(services).await?;
    arena.close().await
}

/// Inserts users and counters as after a long time, and one rule, which no user meets.
async fn fill(arena: &Arena, users: u64) -> Result<()> {
    let client = arena.pipeline.database().await?;
    let ids = CATEGORIES.map(keys::category).to_vec();
    let filling = include_str!("../../sql/fill_marts.sql");
    client.execute(filling, &[&i64::try_from(users)?, &CATEGORIES.to_vec(), &ids]).await?;
    client
        .batch_execute(
            "DELETE FROM cdm.tag_rules;
             INSERT INTO cdm.tag_rules (rule_id, subject, subject_key, threshold, tag)
             VALUES (1000, 'category', 'Пицца', 1000, 'Любитель пиццы')",
        )
        .await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// The message of DDS about a user with a first order.
fn message(number: u64) -> Order {
    let user = format!("newcomer {number}");
    let counter = json!({"category_name": "Пицца", "order_cnt": 1, "version": 1});
    let value = json!({"user_id": user, "categories": {"pizza": counter}, "products": {}});
    Order { user, event: Event { value: Some(value.to_string().into_bytes()) } }
}

/// Result of a change.
struct Change {
    users: u64,
    seconds: f64,
    published: f64,
}

/// Changes the rule by SQL, as an operator does, and waits until it is applied to all users.
async fn change(arena: &Arena, threshold: u32) -> Result<Change> {
    const APPLIED: &str = "SELECT count(*) FROM cdm.tag_rules AS r
        INNER JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id AND r.threshold = f.threshold
        WHERE NOT f.pending";
    const CHANGES: &str = "SELECT count(*) FROM cdm.user_tag_events";
    sleep(BEFORE).await;
    let before = arena.pipeline.count(CHANGES).await?;
    let client = arena.pipeline.database().await?;
    let began = Instant::now();
    client.batch_execute(&format!("UPDATE cdm.tag_rules SET threshold = {threshold}")).await?;
    let limit = Duration::from_secs(120);
    until("the rule is applied", limit, async || Ok(client.query_one(APPLIED, &[]).await?.get::<_, i64>(0) == 1))
        .await?;
    let seconds = began.elapsed().as_secs_f64();
    arena.tagged().await?;
    let published = began.elapsed().as_secs_f64();
    let (users, wrong) = (arena.pipeline.count(CHANGES).await? - before, "the tags are not what the rule says");
    let differences = "SELECT count(*) FROM cdm.user_category_counters AS c
        FULL JOIN cdm.user_tags AS t ON c.user_id = t.user_id
        WHERE c.category_name = 'Пицца' AND (t.user_id IS NOT NULL) <> (c.order_cnt >= (SELECT threshold FROM cdm.tag_rules))";
    ensure!(arena.pipeline.count(differences).await? == 0, wrong);
    Ok(Change { users, seconds, published })
}

/// Requests the tags of one user after the other, and pages of a tag's users; each request on a new connection.
async fn ask(cdm: &Process, users: u64, report: &mut Report) -> Result<()> {
    let (mut of_users, mut pages) = (Series::default(), Series::default());
    for number in 0..QUESTIONS {
        let user = number * 7919 % users + 1;
        of_users.push(timed(cdm, &format!("/api/v1/users/user%20{user}/tags")).await?);
        let after = format!("{:08x}-0000-0000-0000-000000000000", number << 22);
        if number % 10 == 0 {
            pages.push(timed(cdm, &format!("/api/v1/tags/{}/users?after={after}", encoded("Любитель пиццы"))).await?);
        }
    }
    report.push(API_P50, of_users.median());
    report.push(API_P99, of_users.quantile(0.99));
    report.push(API_PAGE, pages.median());
    Ok(())
}

async fn timed(cdm: &Process, path: &str) -> Result<f64> {
    let began = Instant::now();
    let (status, body) = cdm.get(path).await?;
    ensure!(status == 200, "{path}: {status} {body}");
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// As a part of a path.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
