//! Progress on standard error, one line per step.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Instant;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Prints the current step and the total time so far.
pub(crate) fn tell(what: impl Display) {
    eprintln!("[{:5} s] {what}", BEGAN.elapsed().as_secs());
}
