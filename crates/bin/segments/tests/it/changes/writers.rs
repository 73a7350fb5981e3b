//! Sixty-four concurrent writers on few pairs: no overlap, one open row for a pair, an operation behind every change.

use std::time::Duration;

use database::PgTimestamp;
use futures_util::future::join_all;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use segments::changes::{Cause, Changes, Error, Status, Who, Wish};
use tokio::time::Instant;
use uuid::Uuid;

use crate::fixture::Fixture;

const DURATION: Duration = Duration::from_secs(8);

/// Writes until the time is over. Returns how many changes were committed.
async fn write(changes: Changes, users: Vec<Uuid>, seed: u64, until: Instant) -> usize {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut count = 0;
    while Instant::now() < until {
        let cause = Cause::task("test");
        let user = users[random.random_range(0..users.len())];
        let name = ["A", "B"][random.random_range(0..2)];
        let done = match random.random_range(0..20) {
            0 => changes.delete_segment(name, &cause).await.is_ok(),
            1..3 => changes.create_segment(name, 5000, &cause).await.is_ok(),
            3 => set(&changes, user, Status::Removed, &cause).await,
            4..6 => set(&changes, user, Status::Active, &cause).await,
            6 => changes.sweep().await.is_ok(),
            kind => {
                let wishes = |state: &segments::changes::State| {
                    let id = state.pairs.first().map_or(0, |pair| pair.segment.id);
                    let soon = PgTimestamp::from_micros(state.now.micros() + random.random_range(-100..3000));
                    let end = if kind < 12 { soon } else { PgTimestamp::INFINITY };
                    let join = Wish::Join { segment_id: id, end };
                    Ok::<_, ()>(vec![if kind < 16 { join } else { Wish::Leave { segment_id: id } }])
                };
                changes.change_user(Who::Guid(user), &[name], &cause, wishes).await.is_ok()
            }
        };
        count += usize::from(done);
    }
    count
}

async fn set(changes: &Changes, user: Uuid, status: Status, cause: &Cause) -> bool {
    let Ok(asked) = changes.next_request().await else { return false };
    changes.set_status(user, status, asked, true, cause).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_concurrent_writers_leave_nothing_for_the_audits() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let cause = Cause::task("test");
    for name in ["A", "B"] {
        assert!(!matches!(fixture.changes.create_segment(name, 0, &cause).await, Err(Error::Failure(_))));
    }
    let users: Vec<Uuid> = (1..=5).map(Uuid::from_u128).collect();
    let until = Instant::now() + DURATION;
    let writers = (0..64).map(|seed| tokio::spawn(write(fixture.changes.clone(), users.clone(), seed, until)));
    let counts: Vec<usize> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    let rows = fixture.rows("SELECT count(*) FROM segments.memberships").await?;
    assert!(counts.iter().sum::<usize>() > 200 && rows[0].parse::<usize>()? > 50, "{counts:?} {rows:?}");
    fixture.audit().await
}
