//! Shutdown: a stop finishes the current attempt, or abandons the batch uncommitted. The group is left in both cases.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    doubles::Answer,
    journal::Step::{Closed, Committed, Published, Stored, Unavailable},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn in_an_outage_of_the_database_abandons_the_batch() {
    let mut world = World::of_events(3).stopped_after(Unavailable("postgres"), 5);
    world.processor.storing = [Answer::Unavailable; 50].into();
    let past = world.run().await;
    assert_eq!(past.steps[..5], [const { Unavailable("postgres") }; 5]);
    assert_eq!(past.steps[5..], [Closed]);
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_of_the_broker_commits_nothing() {
    let mut world = World::of_events(3).stopped_after(Unavailable("kafka"), 2);
    world.broker.script = [Answer::Unavailable; 50].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Unavailable("kafka"), Unavailable("kafka"), Closed]);
}

#[tokio::test(start_paused = true)]
async fn lets_the_attempt_in_hand_finish_and_reads_no_further() {
    let mut world = World::of_events(5).stopped_after(Stored(vec![0, 1]), 1);
    world.broker.script = [Answer::After(Duration::from_secs(9))].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Published(vec![0, 1], vec![]), Committed(vec![0, 1]), Closed]);
}

#[tokio::test(start_paused = true)]
async fn abandons_an_attempt_that_takes_too_long() {
    let mut world = World::of_events(5).stopped_after(Stored(vec![0, 1]), 1);
    world.broker.script = [Answer::After(Duration::from_secs(11))].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Stored(vec![0, 1]), Closed]);
}

#[tokio::test(start_paused = true)]
async fn abandons_an_attempt_that_hangs_as_soon_as_its_time_is_up() {
    let mut world = World::of_events(1).stopped_after(Unavailable("postgres"), 1);
    world.processor.storing = [Answer::Never].into();
    let began = Instant::now();
    let past = world.run().await;
    assert_eq!(past.steps, [Unavailable("postgres"), Closed]);
    assert_eq!(began.elapsed().as_secs(), 10, "paused time: exactly `drain_timeout`");
}

#[tokio::test(start_paused = true)]
async fn does_not_wait_for_an_idle_source() {
    let mut world = World::of_events(0);
    world.partition.script = [Answer::Never].into();
    let world = world.stopped_after(Unavailable("kafka"), 1);
    let began = Instant::now();
    assert_eq!(world.run().await.steps, [Unavailable("kafka"), Closed]);
    assert_eq!(began.elapsed(), Duration::ZERO);
}
