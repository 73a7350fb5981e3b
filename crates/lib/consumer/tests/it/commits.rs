//! Offsets are committed after the transaction and after the acknowledgement of all messages.

use consumer::{DeadLetter, Rejection};

use crate::{
    doubles::{EVENT, FOREIGN, UNREADABLE},
    journal::Step::{Closed, Committed, Published, Stored},
    world::{World, noon, record},
};

#[tokio::test(start_paused = true)]
async fn a_batch_is_stored_then_published_then_committed() {
    let past = World::of_events(3).run().await;
    assert_eq!(
        past.steps,
        [
            Stored(vec![0, 1]),
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
async fn dead_letters_with_the_original_are_published_before_the_commit() {
    let past = World::of([EVENT, UNREADABLE]).run().await;
    let expected = [Stored(vec![0]), Published(vec![0], vec![1]), Committed(vec![0, 1]), Closed];
    assert_eq!(past.steps, expected);
    let letter =
        DeadLetter { record: record(1, UNREADABLE), rejection: Rejection::new("not-json", "no"), failed_at: noon() };
    assert_eq!(past.dead_letters, [letter]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_skipped_records_is_committed() {
    let past = World::of([FOREIGN, FOREIGN]).run().await;
    assert_eq!(past.steps, [Committed(vec![0, 1]), Closed]);
}
