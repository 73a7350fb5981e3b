//! Background work: messages are marked as sent only after the acknowledgement, and repeated until then.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    doubles::Answer,
    journal::Step::{Closed, Committed, Failed, MarkedSent, Published, Stored, Unavailable},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn messages_are_marked_as_sent_after_they_are_published() {
    let mut world = World::of_events(0).stopped_after(MarkedSent, 2);
    world.processor.outbox = [vec![100, 101], vec![], vec![102]].into();
    // The source is read between two rounds and has no records.
    world.partition.script = [Answer::Never; 9].into();
    let mut steps = world.run().await.steps;
    steps.retain(|step| *step != Unavailable("kafka"));
    assert_eq!(
        steps,
        [Published(vec![100, 101], vec![]), MarkedSent, Published(vec![102], vec![]), MarkedSent, Closed]
    );
}

#[tokio::test(start_paused = true)]
async fn messages_are_not_marked_as_sent_during_an_outage_of_the_broker() {
    let mut world = World::of_events(0);
    world.processor.outbox = [vec![100]].into();
    world.broker.script = [Answer::Unavailable; 2].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [Unavailable("kafka"), Unavailable("kafka"), Published(vec![100], vec![]), MarkedSent, Closed]
    );
}

#[tokio::test(start_paused = true)]
async fn a_background_round_waits_for_the_database() {
    let mut world = World::of_events(0);
    world.processor.outbox = [vec![100]].into();
    world.processor.background = [Answer::Unavailable; 2].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [Unavailable("postgres"), Unavailable("postgres"), Published(vec![100], vec![]), MarkedSent, Closed]
    );
}

#[tokio::test(start_paused = true)]
async fn messages_are_not_marked_as_sent_when_the_loop_stops_before_the_acknowledgement() {
    let mut world = World::of_events(0).stopped_after(Unavailable("kafka"), 3);
    world.processor.outbox = [vec![100]].into();
    world.broker.script = [Answer::Unavailable; 50].into();
    let past = world.run().await;
    assert_eq!(past.steps, [Unavailable("kafka"), Unavailable("kafka"), Unavailable("kafka"), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_abandons_a_hanging_mark() {
    let mut world = World::of_events(0).stopped_after(Unavailable("postgres"), 1);
    world.processor.outbox = [vec![100]].into();
    world.processor.settling = [Answer::Never].into();
    assert_eq!(world.run().await.steps, [Published(vec![100], vec![]), Unavailable("postgres"), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_background_round_does_not_delay_records() {
    let mut world = World::of_events(2).stopped_after(MarkedSent, 1);
    world.processor.outbox = [vec![100]].into();
    world.processor.unwanted = 3;
    world.settings.background_interval = Duration::from_millis(10);
    let answer = |call| if call == 0 { Answer::After(Duration::ZERO) } else { Answer::Never };
    world.partition.script = std::array::from_fn::<_, 9, _>(answer).into();
    let loop_health = world.loop_health.clone();
    let steps = world.run().await.steps;
    assert_eq!(
        steps[..4],
        [Failed(vec![]), Stored(vec![0, 1]), Published(vec![0, 1], vec![]), Committed(vec![0, 1])],
        "records are processed first"
    );
    let noted: Vec<_> = steps[4..].iter().filter(|step| **step != Unavailable("kafka")).cloned().collect();
    let later = [Failed(vec![]), Failed(vec![]), Published(vec![100], vec![]), MarkedSent, Closed];
    assert_eq!(noted, later, "and the background work is retried");
    assert_eq!(loop_health.deferred(), None, "it still shows that the work is deferred");
}

#[tokio::test(start_paused = true)]
async fn background_rounds_repeat_at_the_interval() {
    let mut world = World::of_events(0).stopped_after(MarkedSent, 2);
    world.settings.background_interval = Duration::from_secs(7);
    world.processor.outbox = [vec![100], vec![101]].into();
    world.processor.rests = true;
    world.partition.script = [Answer::Never; 9].into();
    let began = Instant::now();
    let steps = world.run().await.steps;
    assert!(steps.ends_with(&[Published(vec![101], vec![]), MarkedSent, Closed]), "{steps:?}");
    assert_eq!(began.elapsed().as_secs(), 7, "paused time: exactly `background_interval`");
}
