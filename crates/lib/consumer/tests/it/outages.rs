//! Outages: the loop waits for an unreachable dependency, repeats the request, and skips nothing.

use consumer::Waiting;

use crate::{
    doubles::{Answer, named},
    journal::Step::{Closed, Committed, MarkedSent, Published, Stored, Unavailable},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_database_repeats_the_transaction() {
    let mut world = World::of_events(3);
    world.processor.storing = [Answer::Unavailable; 2].into();
    let loop_health = world.loop_health.clone();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Unavailable("postgres"),
            Unavailable("postgres"),
            Stored(vec![0, 1]),
            Published(vec![0, 1], vec![]),
            Committed(vec![0, 1]),
            Stored(vec![2]),
            Published(vec![2], vec![]),
            Committed(vec![2]),
            Closed,
        ]
    );
    assert_eq!(loop_health.waiting(), None, "it still shows that it waits");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_broker_repeats_publishing_and_not_storing() {
    let mut world = World::of_events(3);
    world.broker.script = [Answer::Unavailable; 3].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Stored(vec![0, 1]),
            Unavailable("kafka"),
            Unavailable("kafka"),
            Unavailable("kafka"),
            Published(vec![0, 1], vec![]),
            Committed(vec![0, 1]),
            Stored(vec![2]),
            Published(vec![2], vec![]),
            Committed(vec![2]),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_of_the_source_reading_continues() {
    let mut world = World::of_events(1);
    world.partition.script = [Answer::Unavailable; 2].into();
    let past = world.run().await;
    let expected = [
        Unavailable("kafka"),
        Unavailable("kafka"),
        Stored(vec![0]),
        Published(vec![0], vec![]),
        Committed(vec![0]),
        Closed,
    ];
    assert_eq!(past.steps, expected);
}

#[tokio::test(start_paused = true)]
async fn the_unreachable_dependency_is_reported() {
    let mut world = World::of_events(1).stopped_after(Unavailable("postgres"), 4);
    world.processor.storing = [Answer::Unavailable; 9].into();
    let loop_health = world.loop_health.clone();
    world.run().await;
    let waiting = Waiting { dependency: named("postgres"), error: "gone".to_owned(), attempts: 4, record: None };
    assert_eq!(loop_health.waiting(), Some(waiting));
}

#[tokio::test(start_paused = true)]
async fn an_outage_while_marking_as_sent_does_not_stop_the_records() {
    let mut world = World::of_events(1);
    world.processor.outbox = [vec![100]].into();
    world.processor.settling = [Answer::Unavailable].into();
    let past = world.run().await;
    let expected = [
        Published(vec![100], vec![]),
        Unavailable("postgres"),
        Stored(vec![0]),
        Published(vec![0], vec![]),
        Committed(vec![0]),
        Closed,
    ];
    assert_eq!(past.steps, expected);
    assert!(!past.steps.contains(&MarkedSent));
}
