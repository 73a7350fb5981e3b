//! Progress on stderr: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const BAR: &str = "{elapsed_precise} {bar:24.green/white.dim} {pos}/{len} {msg}";

/// Display of the progress of a run.
pub struct Screen(ProgressBar);

impl Screen {
    /// A bar of this length.
    #[must_use]
    pub fn new(length: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Current activity.
    pub(crate) fn doing(&self, what: &str, done: u64) {
        self.0.set_position(done);
        self.0.set_message(what.to_owned());
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| eprintln!("{line}"));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
