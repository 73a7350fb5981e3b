//! One user on screen: the tenth pizza, its cancellation, an outage of the receiver, and the members of last Tuesday.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::webhook::{Behaviour, Receiver};
use uuid::Uuid;
use workload::load::Loader;

use super::orders::{Customer, Pizza, TAG, THRESHOLD};
use super::service::Service;
use super::setup::IMPORTED;
use crate::fixture::Fixture;

/// Timeout of each step.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// Interval at which the database is asked.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Requests that the receiver refuses before its outage ends.
const REFUSALS: u64 = 2;

/// What a story needs.
pub(super) struct Story<'a> {
    pub(super) fixture: &'a Fixture,
    pub(super) service: &'a Service,
    pub(super) receiver: &'a Receiver,
    pub(super) loader: &'a Loader,
    pub(super) pizza: &'a Pizza,
}

impl Story<'_> {
    /// Tells it. Returns the differences of last Tuesday's members.
    pub(super) async fn tell(&self, anna: &Customer) -> Result<u64> {
        let statement = "SELECT user_id FROM cdm.users WHERE source_id = $1";
        let user: Uuid = self.fixture.database.query_one(statement, &[&anna.id]).await?.try_get(0)?;
        eprintln!("  1/4  Anna orders her tenth pizza");
        self.follow(anna, user, 0, "CLOSED").await?;
        eprintln!("  2/4  the order is cancelled");
        self.follow(anna, user, 1, "CANCELLED").await?;
        eprintln!("  3/4  the receiver is down, and Anna takes the pizza after all");
        self.outage(anna, user).await?;
        eprintln!("  4/4  who was a member of {IMPORTED} last Tuesday?");
        self.last_tuesday().await
    }

    /// Sends a version of Anna's tenth order, and prints when each part of the system knows it.
    async fn follow(&self, anna: &Customer, user: Uuid, version: u64, status: &str) -> Result<()> {
        let (is_member, op) = if status == "CLOSED" { (true, "added") } else { (false, "removed") };
        let began = Instant::now();
        self.send(anna, version, status).await?;
        let tag = "SELECT EXISTS (SELECT FROM cdm.user_tags WHERE user_id = $1 AND tag = $2)";
        let member = include_str!("../../sql/select_is_member.sql");
        let (tagged, member, told) = tokio::try_join!(
            self.until(tag, user, is_member, began),
            self.until(member, user, is_member, began),
            self.receiver.until(user, op, began, STEP_TIMEOUT),
        )?;
        for (what, after) in [("the tag", tagged), ("the member", member), ("the webhook", told)] {
            eprintln!("       {:>7.1} ms  {what}: {op}", after.as_secs_f64() * 1000.0);
        }
        Ok(())
    }

    async fn outage(&self, anna: &Customer, user: Uuid) -> Result<()> {
        let before = self.receiver.failed();
        self.receiver.behave(Behaviour::Fails(503));
        let began = Instant::now();
        self.send(anna, 2, "CLOSED").await?;
        let refused = || self.receiver.failed() - before;
        harness::until("the receiver has refused the change", STEP_TIMEOUT, async || Ok(refused() >= REFUSALS)).await?;
        let (status, _) = self.service.ready().await?;
        ensure!(status == 200, "/ready is {status} while a subscriber is down");
        eprintln!(
            "       {:>7.1} s   {} requests were refused; /ready is still 200",
            began.elapsed().as_secs_f64(),
            refused()
        );
        self.receiver.behave(Behaviour::Works);
        let told = self.receiver.until(user, "added", began, STEP_TIMEOUT).await?;
        eprintln!("       {:>7.1} s   the webhook: added, once", told.as_secs_f64());
        Ok(())
    }

    async fn last_tuesday(&self) -> Result<u64> {
        let row = self.fixture.database.query_one(include_str!("../../sql/select_last_tuesday.sql"), &[]).await?;
        let (noon, expected): (String, Vec<i32>) = (row.try_get(0)?, row.try_get(1)?);
        let path = format!("/segments/{IMPORTED}/members?as_of={noon}&limit=1000");
        let page = self.service.ask("GET", &path, None).await?;
        let members = page["items"].as_array().context("the page has no items")?;
        let mut found: Vec<i64> = members.iter().filter_map(|member| member["user"]["user_id"].as_i64()).collect();
        found.sort_unstable();
        let expected: Vec<i64> = expected.into_iter().map(i64::from).collect();
        let differs = |a: &[i64], b: &[i64]| a.iter().filter(|user| !b.contains(user)).count();
        let differences = differs(&found, &expected) + differs(&expected, &found);
        eprintln!("       at {noon}: {} members, {differences} differences", found.len());
        Ok(differences as u64)
    }

    async fn send(&self, user: &Customer, version: u64, status: &str) -> Result<()> {
        let order = self.pizza.order(user, THRESHOLD, version, status);
        self.loader.run([Ok(order)], None).await.map(drop)
    }

    /// Waits until the answer of a statement about the user and the tag is this one.
    async fn until(&self, statement: &str, user: Uuid, expected: bool, began: Instant) -> Result<Duration> {
        loop {
            let row = self.fixture.database.query_one(statement, &[&user, &TAG]).await?;
            if row.try_get::<_, bool>(0)? == expected {
                return Ok(began.elapsed());
            }
            ensure!(began.elapsed() < STEP_TIMEOUT, "not {expected} after {STEP_TIMEOUT:?}: {statement}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
