//! The bar of a cycle at a terminal: stage, rows, rows a second, bytes, time left.

use std::{
    io::{IsTerminal, stderr},
    sync::Arc,
    time::Duration,
};

use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use tokio::time::{Instant, interval};

use crate::progress::{Progress, Stage};

/// How often the bar is drawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// Whether somebody sees the bar.
pub(super) fn is_shown() -> bool {
    stderr().is_terminal()
}

/// Draws a bar until the work is done.
pub(super) async fn show<T>(job: &str, progress: Arc<Progress>, work: impl Future<Output = T>) -> T {
    if !is_shown() {
        return work.await;
    }
    let bar = ProgressBar::new(0).with_prefix(job.to_owned());
    let mut work = std::pin::pin!(work);
    let (mut ticks, mut stage, mut since) = (interval(INTERVAL), Stage::Preparing, Instant::now());
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = ticks.tick() => {}
        }
        if stage != progress.stage() {
            (stage, since) = (progress.stage(), Instant::now());
        }
        draw(&bar, &progress, since.elapsed());
    };
    bar.finish_and_clear();
    done
}

fn draw(bar: &ProgressBar, progress: &Progress, elapsed: Duration) {
    let ((rows, bytes), expected, stage) = (progress.read(), progress.expected(), progress.stage());
    let template = if expected > 0 { "{prefix} {bar:24} {msg}" } else { "{prefix} {msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_length(expected.max(rows));
    bar.set_position(rows);
    bar.set_message(message(stage, rows, bytes, expected, elapsed));
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for people")]
fn message(stage: Stage, rows: u64, bytes: u64, expected: u64, elapsed: Duration) -> String {
    if rows == 0 {
        return stage.name().to_owned();
    }
    let rate = rows as f64 / elapsed.as_secs_f64().max(0.001);
    let left = (expected > rows).then(|| Duration::from_secs_f64((expected - rows) as f64 / rate.max(1.0)));
    let left = left.map_or(String::new(), |left| format!(", {} left", HumanDuration(left)));
    let (stage, rate) = (stage.name(), HumanCount(rate as u64));
    format!("{stage}, {} rows, {rate} rows/s, {}{left}", HumanCount(rows), HumanBytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_tells_rows_and_the_time_left() {
        let second = Duration::from_secs(1);
        assert_eq!(message(Stage::Upsert, 0, 0, 0, second), "upserting");
        assert_eq!(
            message(Stage::Rows, 250_000, 1 << 25, 1_000_000, second),
            "reading rows, 250,000 rows, 250,000 rows/s, 32.00 MiB, 3 seconds left"
        );
    }
}
