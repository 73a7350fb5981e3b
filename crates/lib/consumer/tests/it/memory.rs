//! A batch whose messages exceed the memory limit is stored and published in parts, and committed as one.

use consumer::MAX_BATCH_OUTPUT_BYTES;

use crate::{
    journal::Step::{Closed, Committed, Failed, Published, Stored},
    world::World,
};

#[tokio::test(start_paused = true)]
async fn a_batch_with_large_messages_is_stored_in_parts() {
    let mut world = World::of_events(5);
    world.settings.batch_size = 5;
    world.processor.message_bytes = MAX_BATCH_OUTPUT_BYTES / 2;
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Failed(vec![0, 1, 2, 3, 4]),
            Stored(vec![0, 1]),
            Published(vec![0, 1], vec![]),
            Failed(vec![2, 3, 4]),
            Stored(vec![2]),
            Stored(vec![3, 4]),
            Published(vec![2, 3, 4], vec![]),
            Committed(vec![0, 1, 2, 3, 4]),
            Closed,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_over_the_part_limit_is_stored_alone() {
    let mut world = World::of_events(2);
    world.processor.message_bytes = 3 * MAX_BATCH_OUTPUT_BYTES;
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Failed(vec![0, 1]),
            Stored(vec![0]),
            Published(vec![0], vec![]),
            Stored(vec![1]),
            Published(vec![1], vec![]),
            Committed(vec![0, 1]),
            Closed,
        ]
    );
}
