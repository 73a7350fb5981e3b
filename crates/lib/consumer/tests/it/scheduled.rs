//! Schedules: a tick processes all records up to the end offset at its start, in microbatches, then runs a background
//! round.

use std::time::Duration;

use schedule::Schedule;

use crate::{
    doubles::{Answer, EVENT},
    journal::Step::{Closed, Committed, MarkedSent, Published, Stored, Unavailable},
    world::{World, record},
};

fn at_ticks(count: i64) -> World {
    let mut world = World::of_events(count);
    world.settings.schedule = Schedule::Every(Duration::from_secs(25));
    world
}

#[tokio::test(start_paused = true)]
async fn a_tick_processes_records_up_to_the_end_offset() {
    let mut world = at_ticks(3);
    world.partition.late = vec![record(3, EVENT), record(4, EVENT)];
    let past = world.run().await;
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
async fn a_tick_waits_for_the_end_offset() {
    let mut world = at_ticks(1);
    world.partition.script = [Answer::Unavailable; 3].into();
    let past = world.run().await;
    assert_eq!(past.steps[..3], [const { Unavailable("kafka") }; 3]);
    assert_eq!(past.steps[3..], [Stored(vec![0]), Published(vec![0], vec![]), Committed(vec![0]), Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_tick_runs_a_background_round_after_the_records() {
    let mut world = at_ticks(1);
    world.processor.outbox = [vec![100]].into();
    let past = world.run().await;
    assert_eq!(
        past.steps,
        [
            Stored(vec![0]),
            Published(vec![0], vec![]),
            Committed(vec![0]),
            Published(vec![100], vec![]),
            MarkedSent,
            Closed
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_tick_between_two_batches() {
    let past = at_ticks(9).stopped_after(Committed(vec![2, 3]), 1).run().await;
    assert_eq!(past.steps[3..], [Stored(vec![2, 3]), Published(vec![2, 3], vec![]), Committed(vec![2, 3]), Closed]);
}
