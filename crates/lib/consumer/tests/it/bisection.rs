//! Bisection: the record that causes a repeated error is found, named, retried, and never given up.

use std::collections::BTreeMap;

use consumer::{Coordinates, Step as Doing};
use proptest::prelude::*;

use crate::{
    doubles::Answer,
    journal::Step::{self, Closed, Committed, Failed, Published, Stored, Unavailable},
    world::World,
};

/// A batch with this many events, some of which fail this many times.
fn failing<const N: usize>(count: i64, failing: [(i64, u32); N]) -> World {
    let mut world = World::of_events(count);
    world.settings.batch_size = 100;
    world.processor.failing = BTreeMap::from(failing).into();
    world
}

const FOR_EVER: u32 = u32::MAX;

#[tokio::test(start_paused = true)]
async fn the_failing_record_is_named_and_retried() {
    let world = failing(4, [(2, FOR_EVER)]).stopped_after(Failed(vec![2]), 30);
    let loop_health = world.loop_health.clone();
    let past = world.run().await;
    let (repeated, found) = past.steps.split_at(10);
    assert_eq!(repeated, vec![Failed(vec![0, 1, 2, 3]); 10]);
    assert_eq!(found[..2], [Stored(vec![0, 1]), Failed(vec![2, 3])]);
    assert_eq!(found[2..32], vec![Failed(vec![2]); 30]);
    assert_eq!(found[32..], [Closed], "nothing is published or committed, and no other event is tried");
    assert!(past.dead_letters.is_empty());
    let waiting = loop_health.waiting().unwrap();
    let bad = Coordinates { topic: "orders".to_owned(), partition: 3, offset: 2 };
    assert_eq!((waiting.dependency.name, waiting.record), ("postgres", Some(bad)));
}

#[tokio::test(start_paused = true)]
async fn processing_continues_when_the_record_succeeds() {
    let world = failing(4, [(2, 15)]);
    let loop_health = world.loop_health.clone();
    let past = world.run().await;
    let landed: Vec<_> = past.steps.iter().filter(|step| !matches!(step, Failed(_))).cloned().collect();
    let all = vec![0, 1, 2, 3];
    assert_eq!(
        landed,
        [Stored(vec![0, 1]), Stored(vec![2]), Stored(vec![3]), Published(all.clone(), vec![]), Committed(all), Closed]
    );
    assert_eq!(loop_health.waiting(), None, "it still shows that it waits");
}

#[tokio::test(start_paused = true)]
async fn bisection_begins_after_ten_failures() {
    let past = failing(4, [(2, 9)]).run().await;
    assert_eq!(past.steps[8..10], [Failed(vec![0, 1, 2, 3]), Stored(vec![0, 1, 2, 3])]);
    let past = failing(4, [(2, 10)]).run().await;
    assert_eq!(past.steps[9..11], [Failed(vec![0, 1, 2, 3]), Stored(vec![0, 1])]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_never_bisected() {
    let mut world = failing(4, []);
    world.processor.storing = [Answer::Unavailable; 40].into();
    let past = world.run().await;
    assert_eq!(past.steps[..40], vec![Unavailable("postgres"); 40]);
    assert_eq!(past.steps[40], Stored(vec![0, 1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn no_record_is_named_during_an_outage() {
    let mut world = failing(1, [(0, FOR_EVER)]).stopped_after(Unavailable("postgres"), 1);
    let tried = [Answer::After(std::time::Duration::ZERO); 12];
    world.processor.storing = tried.into();
    world.processor.storing.push(Answer::Unavailable);
    let loop_health = world.loop_health.clone();
    world.run().await;
    assert_eq!(loop_health.waiting().unwrap().record, None);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_times_out_three_times_is_halved() {
    let mut world = failing(5, []);
    world.processor.largest = Some(2);
    let all = vec![0, 1, 2, 3, 4];
    assert_eq!(
        world.run().await.steps,
        [
            Failed(all.clone()),
            Failed(all.clone()),
            Failed(all.clone()),
            Stored(vec![0, 1]),
            Failed(vec![2, 3, 4]),
            Stored(vec![2]),
            Stored(vec![3, 4]),
            Published(all.clone(), vec![]),
            Committed(all),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_step_of_the_loop_is_reported() {
    let world = failing(1, [(0, FOR_EVER)]).stopped_after(Failed(vec![0]), 3);
    let loop_health = world.loop_health.clone();
    assert_eq!(loop_health.step().0, Doing::Starting);
    world.run().await;
    assert_eq!(loop_health.step().0, Doing::Stopping);
}

fn attempts(steps: &[Step]) -> usize {
    steps.iter().filter(|step| matches!(step, Stored(_) | Failed(_))).count()
}

proptest! {
    #[test]
    fn any_failing_records_are_found_in_a_bounded_number_of_attempts(
        count in 1..100_i64, bad in proptest::collection::btree_map(0..100_i64, 30..60_u32, 0..4),
    ) {
        let bad: BTreeMap<i64, u32> = bad.into_iter().filter(|(offset, _)| *offset < count).collect();
        let mut world = failing(count, []);
        world.processor.failing = bad.clone().into();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let past = runtime.block_on(world.run());

        let all: Vec<i64> = (0..count).collect();
        let stored: Vec<i64> = past.steps.iter().flat_map(|step| match step {
            Stored(events) => events.clone(),
            _ => Vec::new(),
        }).collect();
        prop_assert_eq!(&stored, &all, "each is stored once, in order");
        prop_assert!(past.steps.contains(&Committed(all)));
        prop_assert!(past.dead_letters.is_empty());
        // An attempt with an offending event fails in any case: in the batch, in a part of it, or alone.
        let failures: usize = bad.values().map(|times| *times as usize).sum();
        let halvings = usize::try_from(count).unwrap().next_power_of_two().ilog2() as usize;
        let bound = 1 + failures + bad.len() * 2 * halvings;
        prop_assert!(attempts(&past.steps) <= bound, "{} transactions of {bound}", attempts(&past.steps));
    }
}
