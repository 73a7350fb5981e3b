//! Shutdown: a stop finishes the current attempt, or abandons the batch uncommitted. The group is left in both cases.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    doubles::Answer,
    journal::Step::{Closed, Committed, Published, Stored, Unavailable},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn a_stop_during_an_outage_of_the_database_abandons_the_batch() {
    let mut world = World::of_events(3).stopped_after(Unavailable("postgres"), 5);
    world.processor.storing = [Answer::Unavailable; 50].into();
    let past = world.run().await;
    assert_eq!(past.steps[..5], [const { Unavailable("postgres") }; 5]);
    assert_eq!(past.steps[5..], [Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_an_outage_of_the_broker_commits_nothing() {
    let mut world = World::of_events(3).stopped_after(Unavailable("kafka"), 2);
    world.broker.script = [Answer::Unavailable; 50].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Unavailable("kafka"), Unavailable("kafka"), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_the_current_attempt_and_reads_no_more() {
    let mut world = World::of_events(5).stopped_after(Stored(vec![0, 1]), 1);
    world.broker.script = [Answer::After(Duration::from_secs(9))].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Published(vec![0, 1], vec![]), Committed(vec![0, 1]), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_abandons_an_attempt_after_the_drain_timeout() {
    let mut world = World::of_events(5).stopped_after(Stored(vec![0, 1]), 1);
    world.broker.script = [Answer::After(Duration::from_secs(11))].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_abandons_a_hanging_attempt_exactly_at_the_drain_timeout() {
    let mut world = World::of_events(1).stopped_after(Unavailable("postgres"), 1);
    world.processor.storing = [Answer::Never].into();
    let began = Instant::now();
    let past = world.run().await;
    assert_eq!(past.steps, [Unavailable("postgres"), Closed]);
    assert_eq!(began.elapsed().as_secs(), 10, "paused time: exactly `drain_timeout`");
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_an_idle_source() {
    let mut world = World::of_events(0);
    world.partition.script = [Answer::Never].into();
    let world = world.stopped_after(Unavailable("kafka"), 1);
    let began = Instant::now();
    assert_eq!(world.run().await.steps, [Unavailable("kafka"), Closed]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}
