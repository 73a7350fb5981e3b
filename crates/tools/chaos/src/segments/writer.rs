//! A writer: changes some of the users by every way into the service, one step after the other, and the model with them.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rdkafka::producer::{DeliveryFuture, FutureProducer};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::client::Request;
use super::fixture::Fixture;
use super::model::{IMPORTED, Kind, Members, QUERIED, REQUESTED, Status, TAGS, TIMED, User};
use crate::system::producer;

mod outside;

/// Users at the beginning.
const USERS: usize = 40;

/// Users of a batch or an import at most.
const ITEMS: usize = 15;

/// The longest stay in [`TIMED`], in seconds.
pub(super) const TTL: u64 = 3;

/// Time between two steps.
const PAUSE: Duration = Duration::from_millis(30);

/// A writer with users of its own.
pub(super) struct Writer {
    number: u64,
    users: Vec<User>,
    random: ChaCha8Rng,
    producer: FutureProducer,
    deliveries: Vec<DeliveryFuture>,
    /// Steps so far.
    pub(super) steps: u64,
}

impl Writer {
    /// A writer without users.
    pub(super) fn new(fixture: &Fixture, seed: u64, number: u64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(100 + number);
        let producer = producer::client(&fixture.bootstrap_servers()).create()?;
        Ok(Self { number, users: Vec::new(), random, producer, deliveries: Vec::new(), steps: 0 })
    }

    /// Creates the users.
    pub(super) async fn begin(&mut self, fixture: &Fixture) -> Result<()> {
        for _ in 0..USERS {
            self.create(fixture).await?;
        }
        Ok(())
    }

    /// Adds the users to what should be the members.
    pub(super) fn count(&self, members: &mut Members) {
        self.users.iter().for_each(|user| user.count(members));
    }

    /// Writes for some time at least, and as long as faults are injected. Returns when every record is in Kafka.
    pub(super) async fn write(
        &mut self,
        fixture: &Fixture,
        lasts: Duration,
        is_needed: impl Fn() -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < lasts || is_needed() {
            self.step(fixture).await.with_context(|| format!("writer {}, step {}", self.number, self.steps))?;
            self.steps += 1;
            sleep(PAUSE).await;
        }
        producer::acknowledged(std::mem::take(&mut self.deliveries)).await
    }

    async fn step(&mut self, fixture: &Fixture) -> Result<()> {
        match self.random.random_range(0..100) {
            0..28 => self.change(fixture).await,
            28..44 => self.batch(fixture).await,
            44..52 => self.import(fixture).await,
            52..58 => self.leave_imported(fixture).await,
            58..68 => self.slugs(fixture).await,
            68..76 => self.set_status(fixture).await,
            76..83 => self.query(fixture).await,
            83..88 => self.refresh(fixture).await,
            88..94 => self.tag(fixture).await,
            94..98 => self.user_action(fixture).await,
            _ => self.create(fixture).await,
        }
    }

    /// A new user, by request.
    async fn create(&mut self, fixture: &Fixture) -> Result<()> {
        let number = self.number * 1_000_000 + self.users.len() as u64;
        let kind = [Kind::Service, Kind::Requests, Kind::Tagged][self.users.len() % 3];
        let user = User::new(number, kind);
        self.put(fixture, &user, Status::Active).await?;
        self.users.push(user);
        Ok(())
    }

    /// A user joins or leaves segments in one request, perhaps for seconds only.
    async fn change(&mut self, fixture: &Fixture) -> Result<()> {
        let user = self.pick(&[Kind::Requests, Kind::Tagged]);
        if self.users[user].status == Status::Removed {
            return Ok(());
        }
        let (joins, leaves) = (self.random.random_bool(0.6), self.random.random_bool(0.5));
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        if joins {
            add.push(json!({ "segment": "A" }));
            self.users[user].join("A");
        } else {
            remove.push("A");
            self.users[user].leave("A");
        }
        if leaves {
            remove.push("B");
            self.users[user].leave("B");
        } else {
            let ttl = self.random.random_range(1..=TTL);
            add.push(json!({ "segment": TIMED, "ttl": ttl }));
        }
        let path = format!("/api/v2/users/{}/segments", self.users[user].guid());
        self.send(fixture, path, json!({ "add": add, "remove": remove })).await
    }

    /// Users join and leave a segment in one request.
    async fn batch(&mut self, fixture: &Fixture) -> Result<()> {
        let segment = if self.random.random_bool(0.5) { "A" } else { "B" };
        let chosen = self.several();
        let (joining, leaving) = chosen.split_at(chosen.len() / 2 + 1);
        let add: Vec<_> = joining.iter().map(|user| json!({ "user": self.users[*user].guid() })).collect();
        let remove: Vec<_> = leaving.iter().map(|user| self.users[*user].guid()).collect();
        joining.iter().for_each(|user| self.users[*user].join(segment));
        leaving.iter().for_each(|user| self.users[*user].leave(segment));
        let path = format!("/api/v2/segments/{segment}/members/batch");
        self.send(fixture, path, json!({ "add": add, "remove": remove })).await
    }

    async fn import(&mut self, fixture: &Fixture) -> Result<()> {
        let chosen = self.several();
        let body: String = chosen.iter().map(|user| format!("{}\n", self.users[*user].guid())).collect();
        chosen.iter().for_each(|user| self.users[*user].join(IMPORTED));
        let path = format!("/api/v2/segments/{IMPORTED}/members/import");
        let request = Request { method: "POST", path, content_type: "text/csv", body, key: Some(self.key()) };
        request.send(fixture, &mut self.random).await.map(drop)
    }

    async fn leave_imported(&mut self, fixture: &Fixture) -> Result<()> {
        let chosen = self.several();
        let remove: Vec<_> = chosen.iter().map(|user| self.users[*user].guid()).collect();
        chosen.iter().for_each(|user| self.users[*user].leave(IMPORTED));
        let path = format!("/api/v2/segments/{IMPORTED}/members/batch");
        self.send(fixture, path, json!({ "remove": remove })).await
    }

    /// The routes of the second service, which have no keys.
    async fn slugs(&mut self, fixture: &Fixture) -> Result<()> {
        let user = self.pick(&[Kind::Requests, Kind::Tagged]);
        if self.users[user].status == Status::Removed {
            return Ok(());
        }
        let segment = REQUESTED[2];
        let slug = json!([{ "segmentSlug": segment }]);
        let (add, remove) = if self.random.random_bool(0.6) {
            self.users[user].join(segment);
            (slug, json!([]))
        } else {
            self.users[user].leave(segment);
            (json!([]), slug)
        };
        let body = json!({ "userID": self.users[user].guid(), "segmentsToAdd": add, "segmentsToRemove": remove });
        let request = Request::post("/segments/change-for-user", body.to_string(), None);
        request.send(fixture, &mut self.random).await.map(drop)
    }

    /// Requests exclude, remove and activate a user.
    async fn set_status(&mut self, fixture: &Fixture) -> Result<()> {
        let user = self.pick(&[Kind::Requests]);
        let status = *[Status::Active, Status::Active, Status::Excluded, Status::Removed]
            .choose(&mut self.random)
            .context("no status")?;
        self.users[user].set(status);
        let user = self.users[user].clone();
        self.put(fixture, &user, status).await
    }

    async fn put(&mut self, fixture: &Fixture, user: &User, status: Status) -> Result<()> {
        let (method, body) = match status {
            Status::Active => ("PUT", "{\"status\":\"active\"}"),
            Status::Excluded => ("PUT", "{\"status\":\"excluded\"}"),
            Status::Removed => ("DELETE", ""),
        };
        let path = format!("/api/v2/users/{}", user.guid());
        let request = Request { method, path, content_type: "application/json", body: body.to_owned(), key: None };
        request.send(fixture, &mut self.random).await.map(drop)
    }

    /// Asks for a refresh, which runs on one of the replicas.
    async fn refresh(&mut self, fixture: &Fixture) -> Result<()> {
        let segment = [QUERIED, QUERIED, TAGS[0]].choose(&mut self.random).context("no segment")?;
        let path = format!("/api/v2/segments/{}/refresh", encoded(segment));
        let replica = &fixture.replicas[self.random.random_range(0..fixture.replicas.len())];
        // Nothing depends on the result: each round ends with a refresh that succeeds.
        let mut connection = harness::Connection::new(replica.address());
        let _ = tokio::time::timeout(Duration::from_secs(2), connection.post(&path, "")).await;
        Ok(())
    }

    async fn send(&mut self, fixture: &Fixture, path: String, body: serde_json::Value) -> Result<()> {
        let request = Request::post(path, body.to_string(), Some(self.key()));
        request.send(fixture, &mut self.random).await.map(drop)
    }

    /// A key that no other request has.
    fn key(&self) -> String {
        format!("{}-{}", self.number, self.steps)
    }

    /// A user of one of these kinds.
    fn pick(&mut self, kinds: &[Kind]) -> usize {
        loop {
            let user = self.random.random_range(0..self.users.len());
            if kinds.contains(&self.users[user].kind) {
                return user;
            }
        }
    }

    /// Several users whose members change by request.
    fn several(&mut self) -> Vec<usize> {
        let all = self.users.iter().enumerate().filter(|(_, user)| user.kind != Kind::Service);
        let mut chosen: Vec<usize> = all.map(|(index, _)| index).collect();
        chosen.shuffle(&mut self.random);
        chosen.truncate(self.random.random_range(2..=ITEMS));
        chosen
    }
}

/// A name in a path.
pub(super) fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
