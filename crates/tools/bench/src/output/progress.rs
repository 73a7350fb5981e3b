//! Progress on standard error, one line per step.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Instant;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Says what is done now, and how long all of it has taken so far.
pub(crate) fn tell(what: impl Display) {
    eprintln!("[{:5} s] {what}", BEGAN.elapsed().as_secs());
}
