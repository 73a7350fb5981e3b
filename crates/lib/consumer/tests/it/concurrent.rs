//! Concurrent batches: two batches in flight keep the guarantees of one. Offsets stay in order, and no record is lost.

use std::time::Duration;

use crate::{
    doubles::Answer,
    journal::Step::{self, Closed, Committed, Failed, MarkedSent, Published, Refused, Stored, Unavailable},
    world::World,
};

const SLOWLY: Answer = Answer::After(Duration::from_secs(2));

fn at(steps: &[Step], step: &Step) -> usize {
    steps.iter().position(|other| other == step).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_stored_while_another_is_published_and_offsets_are_committed_in_order() {
    let mut world = World::max_in_flight(4);
    world.broker.script = [SLOWLY, Answer::After(Duration::from_secs(1))].into();
    assert_eq!(
        world.run().await.steps,
        [
            Stored(vec![0, 1]),
            Stored(vec![2, 3]),
            Published(vec![2, 3], vec![]),
            Published(vec![0, 1], vec![]),
            Committed(vec![0, 1]),
            Committed(vec![2, 3]),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn batches_with_a_common_key_are_stored_in_sequence() {
    // Offsets 0 and 2 have the same key, so the second batch waits for the first. Offsets 3 and 4 share no key with
    // others.
    let mut world = World::max_in_flight(6);
    world.processor.keys = Some(2);
    world.broker.script = [SLOWLY].into();
    let steps = world.run().await.steps;
    assert!(at(&steps, &Committed(vec![0, 1])) < at(&steps, &Stored(vec![2, 3])), "{steps:?}");
    let mut world = World::max_in_flight(6);
    world.processor.keys = Some(4);
    world.broker.script = [SLOWLY].into();
    let steps = world.run().await.steps;
    assert!(at(&steps, &Stored(vec![2, 3])) < at(&steps, &Committed(vec![0, 1])), "{steps:?}");
    assert!(at(&steps, &Committed(vec![0, 1])) < at(&steps, &Stored(vec![4, 5])), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn unacknowledged_messages_are_published_again_before_a_later_offset_is_committed() {
    let mut world = World::max_in_flight(4);
    world.processor.storing = [SLOWLY].into();
    world.broker.script = [Answer::After(Duration::ZERO), Answer::Unavailable].into();
    assert_eq!(
        world.run().await.steps,
        [
            Stored(vec![2, 3]),
            Published(vec![2, 3], vec![]),
            Stored(vec![0, 1]),
            Unavailable("kafka"),
            Published(vec![0, 1], vec![]),
            Committed(vec![0, 1]),
            Committed(vec![2, 3]),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejected_record_becomes_a_dead_letter_before_a_later_offset_is_committed() {
    let mut world = World::max_in_flight(4);
    world.processor.storing = [SLOWLY].into();
    world.processor.refused = [1].into();
    let past = world.run().await;
    assert_eq!(past.dead_letters.len(), 1);
    assert_eq!(
        past.steps,
        [
            Stored(vec![2, 3]),
            Published(vec![2, 3], vec![]),
            Refused(vec![0, 1]),
            Refused(vec![0, 1]),
            Stored(vec![0]),
            Refused(vec![1]),
            Published(vec![0], vec![1]),
            Committed(vec![0, 1]),
            Committed(vec![2, 3]),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn no_batch_is_read_while_another_is_failing() {
    let mut world = World::max_in_flight(8);
    world.processor.failing = std::collections::BTreeMap::from([(0, 3)]).into();
    let steps = world.run().await.steps;
    assert_eq!(steps.iter().filter(|step| **step == Failed(vec![0, 1])).count(), 3);
    assert!(at(&steps, &Committed(vec![0, 1])) < at(&steps, &Stored(vec![4, 5])), "{steps:?}");
    assert_eq!(steps.iter().filter(|step| matches!(step, Committed(_))).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_both_batches_within_the_drain_timeout() {
    let mut world = World::max_in_flight(8).stopped_after(Stored(vec![2, 3]), 1);
    world.broker.script = [SLOWLY, SLOWLY].into();
    let steps = world.run().await.steps;
    assert!(at(&steps, &Committed(vec![0, 1])) < at(&steps, &Committed(vec![2, 3])), "{steps:?}");
    assert_eq!(steps.last(), Some(&Closed));

    let mut world = World::max_in_flight(8).stopped_after(Stored(vec![2, 3]), 1);
    world.broker.script = [Answer::Never, SLOWLY].into();
    let steps = world.run().await.steps;
    assert!(!steps.iter().any(|step| matches!(step, Committed(_))), "{steps:?}");
    assert_eq!(steps.last(), Some(&Closed));
}

#[tokio::test(start_paused = true)]
async fn no_batch_is_in_flight_during_a_background_round() {
    let mut world = World::max_in_flight(40).stopped_after(MarkedSent, 2);
    world.settings.background_interval = Duration::from_secs(3);
    world.processor.outbox = [vec![100], vec![101]].into();
    world.processor.rests = true;
    world.broker.script = [SLOWLY; 30].into();
    let steps = world.run().await.steps;
    let second = at(&steps, &Published(vec![101], vec![]));
    let (stored, committed): (Vec<_>, Vec<_>) = steps[..second]
        .iter()
        .filter(|step| matches!(step, Stored(_) | Committed(_)))
        .partition(|step| matches!(step, Stored(_)));
    assert!(!stored.is_empty() && stored.len() == committed.len(), "{steps:?}");
}
