//! Automatic segments on real PostgreSQL: what a refresh changes, when it runs, and what it must not do.

use std::time::Duration;

use segments::{
    changes::Cause,
    refresh::{Login, Outcome, Refresher, State},
};

use crate::fixture::Fixture;

mod members;
mod confined;
mod running;
mod meanwhile;
#[cfg(feature = "failpoints")]
mod killed;
mod sources;
mod collections;

/// A database with users, the table of the customer's example, a login for SQL of people, and what refreshes.
pub(crate) struct Automatic {
    pub(crate) fixture: Fixture,
    pub(crate) login: String,
    pub(crate) refresher: Refresher,
}

/// The table of the customer's example.
const TABLE: &str = "create table public.test_segment (
    segment_id uuid not null,
    id varchar null,
    hash_email varchar null,
    hash_phone varchar null,
    actual_begin timestamp not null default now(),
    actual_end timestamp not null default 'infinity',
    processed timestamp not null default now(),
    constraint test_segment_id_key unique (id)
);
create index on test_segment using btree(id);";

impl Automatic {
    /// With this number of users: 1 has the id `s1` in a source.
    pub(crate) async fn new(users: u32) -> anyhow::Result<Self> {
        let fixture = Fixture::new().await?;
        fixture
            .run(&format!(
                "INSERT INTO segments.users (source_id) SELECT 's' || n FROM generate_series(1, {users}) AS n; {TABLE}"
            ))
            .await?;
        let login = login(&fixture, "").await?;
        let refresher = Refresher::new(fixture.pool()?, Some(Login::new(&login, None)?), Duration::from_secs(20));
        Ok(Self { fixture, login, refresher })
    }

    /// Creates an automatic segment by SQL.
    pub(crate) async fn segment(&self, name: &str, params: &str, cron: Option<&str>) -> anyhow::Result<()> {
        let cron = cron.map_or_else(|| "NULL".to_owned(), |cron| format!("'{cron}'"));
        let params = params.replace('\'', "''");
        self.fixture
            .run(&format!(
                "INSERT INTO segmenter_segments (name, refresh_auto, refresh_params, refresh_cron)
                VALUES ('{name}', true, '{params}', {cron})"
            ))
            .await
    }

    /// A segment whose members are the rows of a query.
    pub(crate) async fn query(&self, name: &str, sql: &str) -> anyhow::Result<()> {
        self.segment(name, &serde_json::json!({ "query": { "sql": sql } }).to_string(), None).await
    }

    /// Refreshes a segment.
    pub(crate) async fn refresh(&self, name: &str) -> anyhow::Result<Outcome> {
        self.refresh_with(name, false).await
    }

    pub(crate) async fn refresh_with(&self, name: &str, force: bool) -> anyhow::Result<Outcome> {
        let refreshed = self.refresher.refresh(name, force, &Cause::task("test")).await;
        let refreshed = refreshed.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        refreshed.map_err(|cannot| anyhow::anyhow!("{cannot:?}"))
    }

    /// The refresh has to succeed.
    pub(crate) async fn succeeds(&self, name: &str) -> anyhow::Result<()> {
        let outcome = self.refresh(name).await?;
        anyhow::ensure!(outcome.state == State::Success, "{outcome:?}");
        Ok(())
    }

    /// The users in a segment now.
    pub(crate) async fn members(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let query = format!(
            "SELECT user_id FROM segments.memberships JOIN segments.segments USING (segment_id)
            WHERE name = '{name}' AND closed_by IS NULL ORDER BY user_id"
        );
        self.fixture.rows(&query).await
    }
}

/// Creates a login with the rights of the script, and others. Returns its URL.
pub(crate) async fn login(fixture: &Fixture, more: &str) -> anyhow::Result<String> {
    let (before, after) = fixture.url.split_once("://").unwrap();
    let (_, host) = after.split_once('@').unwrap();
    let role = format!("refresh_{}", host.rsplit('/').next().unwrap().split('?').next().unwrap());
    let role = format!("{role}_{}", more.len());
    fixture
        .run(&format!(
            "CREATE ROLE \"{role}\" LOGIN PASSWORD 'refresh';
            GRANT USAGE ON SCHEMA segments TO \"{role}\";
            GRANT SELECT (user_id, guid, source_id, sex, age, status) ON segments.users TO \"{role}\";
            GRANT SELECT ON segments.memberships TO \"{role}\";
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{role}\";
            {}",
            more.replace("$login", &format!("\"{role}\""))
        ))
        .await?;
    Ok(format!("{before}://{role}:refresh@{host}"))
}
