//! As of any past instant, segments and users are as they were: compared with a model in memory.

use std::collections::{BTreeMap, BTreeSet};

use database::PgTimestamp;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use segments::{
    bucket::bucket,
    changes::{Cause, Status, Who, Wish},
};
use uuid::Uuid;

use crate::fixture::Fixture;

const NAMES: [&str; 3] = ["A", "B", "C"];
const USERS: u128 = 4;

/// Who is in which segment until when, and what is alive.
#[derive(Debug, Default)]
struct Model {
    ends: BTreeMap<(&'static str, u128), PgTimestamp>,
    alive: BTreeSet<&'static str>,
    removed: BTreeSet<u128>,
}

impl Model {
    fn members(&self, at: PgTimestamp) -> Vec<String> {
        let alive = self.ends.iter().filter(|(_, end)| at < **end);
        alive.map(|((name, user), _)| format!("{name}|{user}")).collect()
    }

    /// A random operation, done here and there.
    async fn step(&mut self, fixture: &Fixture, random: &mut ChaCha8Rng) -> anyhow::Result<()> {
        let (changes, cause) = (&fixture.changes, Cause::task("test"));
        let name = NAMES[random.random_range(0..NAMES.len())];
        let user = random.random_range(1..=USERS);
        match random.random_range(0..12) {
            0 => {
                let deleted = changes.delete_segment(name, &cause).await.is_ok();
                assert_eq!(deleted, self.alive.remove(name));
                self.ends.retain(|(of, _), _| *of != name);
            }
            1 | 2 => {
                let created = changes.create_segment(name, 5000, &cause).await.is_ok();
                assert_eq!(created, self.alive.insert(name));
                let joining = (1..=USERS).filter(|user| {
                    created && !self.removed.contains(user) && bucket(name, Uuid::from_u128(*user)) < 5000
                });
                self.ends.extend(joining.map(|user| ((name, user), PgTimestamp::INFINITY)));
            }
            3 => {
                changes
                    .set_status(Uuid::from_u128(user), Status::Removed, changes.next_request().await?, true, &cause)
                    .await?;
                self.removed.insert(user);
                self.ends.retain(|(_, of), _| *of != user);
            }
            4 => {
                changes
                    .set_status(Uuid::from_u128(user), Status::Active, changes.next_request().await?, true, &cause)
                    .await?;
                self.removed.remove(&user);
            }
            5 => drop(changes.sweep().await?),
            kind => {
                let length = random.random_range(-50_000..50_000);
                let mut end = PgTimestamp::INFINITY;
                let wishes = |state: &segments::changes::State| {
                    if kind < 8 {
                        end = PgTimestamp::from_micros(state.now.micros() + length);
                    }
                    let ids = state.pairs.iter().map(|pair| pair.segment.id);
                    let wish = |segment_id| {
                        if kind < 11 { Wish::Join { segment_id, end } } else { Wish::Leave { segment_id } }
                    };
                    Ok::<_, ()>(ids.map(wish).collect())
                };
                changes.change_user(Who::Guid(Uuid::from_u128(user)), &[name], &cause, wishes).await.unwrap();
                let counts = self.alive.contains(name) && !self.removed.contains(&user);
                if counts && kind < 11 {
                    self.ends.insert((name, user), end);
                } else if counts {
                    self.ends.remove(&(name, user));
                }
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn any_instant_is_what_a_model_in_memory_says() -> anyhow::Result<()> {
    for seed in 0..3 {
        let fixture = Fixture::new().await?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut model = Model::default();
        let cause = Cause::task("test");
        for user in 1..=USERS {
            fixture.changes.set_status(Uuid::from_u128(user), Status::Active, 1, true, &cause).await?;
        }
        // A step takes longer than a microsecond, so no two changes are of one instant.
        fixture.run("SELECT setval('segments.asked', 10)").await?;
        let mut snapshots = Vec::new();
        for _ in 0..80 {
            model.step(&fixture, &mut random).await?;
            let clock = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
            let text = fixture.rows(clock).await?.remove(0);
            let at = PgTimestamp::new(text.replace(' ', "T").parse::<jiff::civil::DateTime>()?);
            snapshots.push((text, model.members(at)));
        }
        let by_segment = include_str!("../../../../../../sql/segments/history/select_members_as_of.sql");
        let by_user = include_str!("../../../../../../sql/segments/history/select_user_as_of.sql");
        let wrap = |inner: String, from: &str| {
            format!(
                "SELECT segments.name, ('x' || right(guid::text, 4))::bit(16)::int AS user_number FROM {from},
                 LATERAL ({inner}) AS found WHERE {} ORDER BY 1, 2",
                if from.starts_with("segments.segments AS") {
                    "users.user_id = found.user_id"
                } else {
                    "segments.segment_id = found.segment_id"
                }
            )
        };
        for (text, expected) in snapshots {
            let instant = format!("timestamp '{text}'");
            let inner = by_segment
                .replace("$1", "segments.segment_id")
                .replace("$2", &instant)
                .replace("$3", "0")
                .replace("$4", "100");
            let found = fixture.rows(&wrap(inner, "segments.segments AS segments, segments.users AS users")).await?;
            assert_eq!(found, expected, "seed {seed}, segments as of {text}");
            let inner = by_user.replace("$1", "users.user_id").replace("$2", &instant);
            let found = fixture.rows(&wrap(inner, "segments.users AS users, segments.segments AS segments")).await?;
            assert_eq!(found, expected, "seed {seed}, users as of {text}");
        }
        fixture.audit().await?;
    }
    Ok(())
}
