//! Progress of events through the pipeline: position, rate and remaining time of each stage.

mod board;
mod observer;
mod pace;

use std::time::{Duration, Instant};

use anyhow::Result;

pub use board::{Board, Row};
pub use observer::{Observer, StageProgress, WatchedStage, messages, records};

/// Polling interval: short enough for a smooth bar, long enough for a negligible load on the broker.
const EVERY: Duration = Duration::from_millis(250);

/// Time during which every poll may fail before the watcher gives up: a broker may be restarting.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Draws the progress until the caller ends it: `head` returns the row above the stages (the load), `done` evaluates
/// each reading of the stages.
///
/// # Errors
/// If `done` fails, or the broker does not answer for half a minute.
pub async fn follow(
    observer: &Observer,
    board: &mut Board,
    head: impl Fn() -> Row,
    mut done: impl AsyncFnMut(&[StageProgress]) -> Result<bool>,
) -> Result<()> {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut answered = began;
    loop {
        ticks.tick().await;
        let readings = match observer.read().await {
            Ok(readings) => readings,
            Err(error) if answered.elapsed() > IDLE_TIMEOUT => return Err(error),
            Err(_) => continue,
        };
        answered = Instant::now();
        let stages = observer.stages().zip(&readings).map(|(stage, reading)| Row::stage(stage, reading));
        let rows: Vec<Row> = std::iter::once(head()).chain(stages).collect();
        board.show(began.elapsed(), &rows);
        if done(&readings).await? {
            board.finish();
            return Ok(());
        }
    }
}
