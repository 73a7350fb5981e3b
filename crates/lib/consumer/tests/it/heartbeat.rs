//! Heartbeat: the loop has one in every step and during every wait, and has none when its task is blocked.

use std::{pin::pin, time::Duration};

use consumer::Step as Doing;
use schedule::Schedule;
use tokio::time::{Instant, advance, sleep};

use crate::{doubles::Answer, world::World};

/// The time without a heartbeat after which `/health` reports that the loop hangs.
const HANGS: Duration = Duration::from_secs(60);

/// Runs a loop for ten minutes. Returns its step at the end, and the longest time without a heartbeat.
async fn ten_minutes_of(world: World) -> (Doing, Duration) {
    let loop_health = world.loop_health.clone();
    let mut running = pin!(world.run());
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    while began.elapsed() < 10 * HANGS {
        tokio::select! {
            _ = &mut running => unreachable!("it has nothing to do and is not told to stop"),
            () = sleep(Duration::from_secs(1)) => longest = longest.max(loop_health.since_heartbeat()),
        }
    }
    (loop_health.step().0, longest)
}

fn assert_turning((doing, longest): (Doing, Duration), expected: Doing) {
    assert_eq!(doing, expected);
    assert!(longest < Duration::from_secs(6), "no heartbeat for {longest:?}");
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_a_transaction_hangs() {
    let mut world = World::of_events(1);
    world.processor.storing = [Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Storing);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_the_broker_acknowledges_nothing() {
    let mut world = World::of_events(1);
    world.broker.script = [Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Publishing);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_a_background_round_hangs() {
    let mut world = World::of_events(1);
    world.processor.background = [Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Background);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_idle() {
    let mut world = World::of_events(1);
    world.partition.script = [Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Idle);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_end_offsets_are_unknown() {
    let mut world = World::of_events(1);
    world.settings.schedule = Schedule::Every(Duration::from_secs(25));
    world.partition.script = [Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Receiving);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_a_heartbeat_while_an_available_record_is_not_received() {
    let mut world = World::of_events(1);
    world.settings.schedule = Schedule::Every(Duration::from_secs(25));
    world.partition.script = [Answer::After(Duration::ZERO), Answer::Never].into();
    assert_turning(ten_minutes_of(world).await, Doing::Receiving);
}

#[tokio::test(start_paused = true)]
async fn the_loop_has_no_heartbeat_while_its_task_is_blocked() {
    let mut world = World::of_events(1);
    world.processor.storing = [Answer::Never].into();
    let loop_health = world.loop_health.clone();
    let mut running = pin!(world.run());
    tokio::select! {
        _ = &mut running => unreachable!("the database never answers"),
        () = sleep(Duration::from_secs(7)) => {}
    }
    // A blocked task is a future that is not polled.
    advance(HANGS).await;
    assert!(
        loop_health.since_heartbeat() >= HANGS,
        "it seems to have a heartbeat: {:?}",
        loop_health.since_heartbeat()
    );
    assert!(loop_health.step().1 >= HANGS);
}
