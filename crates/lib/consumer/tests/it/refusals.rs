//! Invalid data: a row that the database rejects costs its own record and no other.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use crate::{
    doubles::{Answer, EVENT, UNREADABLE},
    journal::Step::{self, Closed, Committed, Published, Refused, Stored, Unavailable},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn only_the_rejected_record_is_a_dead_letter() {
    let mut world = World::of_events(4);
    world.settings.batch_size = 4;
    world.processor.refused = [2].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Refused(vec![0, 1, 2, 3]),
            Stored(vec![0, 1]),
            Refused(vec![2, 3]),
            Refused(vec![2]),
            Stored(vec![3]),
            Published(vec![0, 1, 3], vec![2]),
            Committed(vec![0, 1, 2, 3]),
            Closed,
        ]
    );
    assert_eq!(past.dead_letters[0].rejection.reason, "refused-by-database");
    assert_eq!(past.dead_letters[0].rejection.error, "no such number");
}

#[tokio::test(start_paused = true)]
async fn each_record_has_its_own_outcome() {
    let mut world = World::of([UNREADABLE, EVENT, UNREADABLE, EVENT, EVENT]);
    world.settings.batch_size = 5;
    world.processor.refused = [3].into();
    let past = world.run().await;
    let reasons: Vec<_> =
        past.dead_letters.iter().map(|letter| (letter.record.offset, letter.rejection.reason)).collect();
    assert_eq!(reasons, [(0, "not-json"), (2, "not-json"), (3, "refused-by-database")]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_during_bisection_rejects_no_record() {
    let mut world = World::of_events(2);
    world.processor.refused = [0].into();
    world.processor.storing = [Answer::After(Duration::ZERO), Answer::Unavailable, Answer::Unavailable].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Refused(vec![0, 1]),
            Unavailable("postgres"),
            Unavailable("postgres"),
            Refused(vec![0]),
            Stored(vec![1]),
            Published(vec![1], vec![0]),
            Committed(vec![0, 1]),
            Closed,
        ]
    );
}

/// The events of all committed transactions, in order, and the number of transactions tried.
fn transactions(steps: &[Step]) -> (Vec<i64>, usize) {
    let stored = steps.iter().filter_map(|step| if let Stored(events) = step { Some(events.clone()) } else { None });
    let tried = steps.iter().filter(|step| matches!(step, Stored(_) | Refused(_))).count();
    (stored.flatten().collect(), tried)
}

proptest! {
    #[test]
    fn any_rejected_records_are_found_and_the_others_are_committed_in_order(
        count in 1..40_i64, bad in proptest::collection::btree_set(0..40_i64, 0..5), batch_size in 1..41_usize,
    ) {
        let bad: BTreeSet<i64> = bad.into_iter().filter(|offset| *offset < count).collect();
        let mut world = World::of_events(count);
        world.settings.batch_size = batch_size;
        world.processor.refused.clone_from(&bad);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let past = runtime.block_on(world.run());

        let (stored, tried) = transactions(&past.steps);
        prop_assert_eq!(stored, (0..count).filter(|offset| !bad.contains(offset)).collect::<Vec<_>>());
        let letters: Vec<i64> = past.dead_letters.iter().map(|letter| letter.record.offset).collect();
        prop_assert_eq!(letters, bad.iter().copied().collect::<Vec<_>>());
        let batches = usize::try_from(count).unwrap().div_ceil(batch_size);
        let halvings = batch_size.next_power_of_two().ilog2() as usize;
        prop_assert!(tried <= batches + bad.len() * 2 * halvings, "{} transactions", tried);
    }
}
