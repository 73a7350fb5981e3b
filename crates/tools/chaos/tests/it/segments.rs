//! A short round with segments-service, on servers of its own.

use std::time::Duration;

use anyhow::Result;
use chaos::replicas::plan::{Injection, Round};
use chaos::screen::Screen;
use chaos::segments::fault::{Fault, Point, Server};
use chaos::segments::rounds::play;
use harness::webhook::Behaviour;

fn injection(fault: Fault, after: u64, choice: usize) -> Injection<Fault> {
    Injection { fault, after: Duration::from_millis(after), lasts: Duration::from_millis(2_000), choice }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_killed_frozen_and_cut_off_leave_the_members_of_the_model() -> Result<()> {
    let round = |injections| Round { lasts: Duration::from_secs(6), injections };
    let rounds = [
        round(vec![
            injection(Fault::KillAt(Point::Refreshed), 500, 0),
            injection(Fault::FreezeAt(Point::Desired), 1_000, 1),
            injection(Fault::LoseCommits, 2_000, 0),
        ]),
        round(vec![
            injection(Fault::KillAt(Point::Sent), 500, 0),
            injection(Fault::FreezeAt(Point::Sending), 500, 1),
            injection(Fault::Receivers(Behaviour::AnswersLate), 500, 0),
        ]),
        round(vec![
            injection(Fault::Restart(Server::Postgres), 1_500, 0),
            injection(Fault::Cut(Server::Kafka), 500, 0),
            injection(Fault::Kill, 500, 1),
        ]),
    ];
    let played = play(5, &rounds, None, &Screen::new(3)).await?;
    assert!(played.differences.is_empty(), "{:#?}", played.differences);
    assert!(played.faults.values().all(|(injected, _)| *injected > 0), "{played:#?}");
    assert!(played.steps > 40 && played.members > 50 && played.changes > 50, "{played:#?}");
    Ok(())
}
