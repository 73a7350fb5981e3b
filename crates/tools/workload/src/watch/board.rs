//! Progress on stderr: bars on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::observer::{StageProgress, WatchedStage};
use super::pace::{self, Pace};

/// Interval between two lines if there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

const BAR: &str = "{prefix:>8} {bar:32.green/white.dim} {msg}";

/// A row of the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Amount done.
    pub done: u64,
    /// Total amount, as far as known.
    pub total: u64,
}

impl Row {
    /// A stage of the pipeline: the total is the number of records in its topic.
    #[must_use]
    pub fn stage(stage: &WatchedStage, reading: &StageProgress) -> Self {
        Self { name: stage.name.clone(), done: reading.processed, total: reading.total }
    }
}

/// Rows on the screen, each with its bar and its pace.
pub struct Board {
    screen: Option<MultiProgress>,
    rows: Vec<(ProgressBar, Pace)>,
    /// The rows in one line, and when it was last printed.
    line: String,
    printed: Option<Duration>,
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// An empty board on stderr.
    #[must_use]
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let screen = terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { screen, rows: Vec::new(), line: String::new(), printed: None }
    }

    /// Shows the rows as they are at this time since the start.
    pub fn show(&mut self, at: Duration, rows: &[Row]) {
        while self.rows.len() < rows.len() {
            self.rows.push((self.bar(), Pace::default()));
        }
        let mut texts = Vec::new();
        for ((bar, pace), row) in self.rows.iter_mut().zip(rows) {
            let text = describe(row, pace.note(at, row.done));
            bar.set_prefix(row.name.clone());
            bar.set_length(row.total);
            bar.set_position(row.done);
            bar.set_message(text.clone());
            texts.push(format!("{} {text}", row.name));
        }
        self.line = texts.join("; ");
        if self.printed.is_none_or(|last| at.saturating_sub(last) >= LINE_EVERY) {
            self.printed = Some(at);
            self.print();
        }
    }

    /// Keeps the last state on the screen.
    pub fn finish(&self) {
        self.print();
        for (bar, _) in &self.rows {
            bar.abandon();
        }
    }

    /// Without bars, a line is printed.
    fn print(&self) {
        if self.screen.is_none() {
            eprintln!("{}", self.line);
        }
    }

    fn bar(&self) -> ProgressBar {
        let Some(screen) = &self.screen else {
            return ProgressBar::hidden();
        };
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        screen.add(ProgressBar::new(0).with_style(style))
    }
}

/// `1200/5000, 400/s, lag 3800, 10s left`; a stage that is done and idle shows only the first part.
fn describe(row: &Row, per_second: f64) -> String {
    let lag = row.total.saturating_sub(row.done);
    let mut text = format!("{}/{}", row.done, row.total);
    if lag > 0 || per_second > 0.0 {
        text += &format!(", {per_second:.0}/s");
    }
    if lag > 0 {
        text += &format!(", lag {lag}");
    }
    match pace::time_left(lag, per_second) {
        Some(left) if lag > 0 => text + &format!(", {}s left", left.as_secs()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_the_remainder_only_if_there_is_one() {
        let row = |done| Row { name: "stg".into(), done, total: 5000 };
        assert_eq!(describe(&row(1200), 400.0), "1200/5000, 400/s, lag 3800, 10s left");
        assert_eq!(describe(&row(1200), 0.0), "1200/5000, 0/s, lag 3800");
        assert_eq!(describe(&row(5000), 400.0), "5000/5000, 400/s");
        assert_eq!(describe(&row(5000), 0.0), "5000/5000");
    }
}
