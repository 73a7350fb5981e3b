//! A short round with elt-service, on servers of its own.

use std::time::Duration;

use anyhow::Result;
use chaos::elt::fault::{Fault, Point, Server};
use chaos::elt::rounds::play;
use chaos::replicas::plan::{Injection, Round};
use chaos::screen::Screen;

fn injection(fault: Fault, after: u64, choice: usize) -> Injection<Fault> {
    Injection { fault, after: Duration::from_millis(after), lasts: Duration::from_millis(2_500), choice }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_killed_frozen_and_cut_off_leave_the_target_equal_to_the_source() -> Result<()> {
    let round = |injections| Round { lasts: Duration::from_secs(8), injections };
    let rounds = [
        round(vec![
            injection(Fault::KillAt(Point::Upserted), 500, 1),
            injection(Fault::FreezeAt(Point::Staged), 1_000, 4),
            injection(Fault::LoseCommits, 3_000, 0),
            injection(Fault::EmptyRedis, 2_000, 0),
        ]),
        round(vec![
            injection(Fault::Restart(Server::Source), 1_500, 0),
            injection(Fault::Restart(Server::Target), 4_000, 0),
            injection(Fault::Cut(Server::Redis), 500, 0),
            injection(Fault::Freeze, 500, 1),
        ]),
    ];
    let played = play(5, &rounds, None, &Screen::new(2)).await?;
    assert!(played.differences.is_empty(), "{:#?}", played.differences);
    assert!(played.faults.values().all(|(injected, _)| *injected > 0), "{played:#?}");
    assert!(played.changed > 1_000 && played.late > 0, "{played:#?}");
    Ok(())
}
