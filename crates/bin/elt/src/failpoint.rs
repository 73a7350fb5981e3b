//! Named points of a cycle at which a test stops the process with SIGKILL or freezes it with SIGSTOP.
//!
//! Compiled in only with the feature `failpoints`. `FAILPOINTS=upserted=return` kills the process when it passes between
//! the upsert and the comparison of keys, `upserted=return(stop)` freezes it there. The points, in order: `locked`,
//! `staged`, `upserted`, `deleted`, `recorded`, `committed`, `cached`.

/// Passes the point `name`: nothing happens, unless a test has armed it.
#[cfg(feature = "failpoints")]
pub(crate) fn pass(name: &str) {
    use nix::sys::signal::{Signal, raise};

    fail::fail_point!(name, |action: Option<String>| {
        let freeze = action.as_deref() == Some("stop");
        let _ = raise(if freeze { Signal::SIGSTOP } else { Signal::SIGKILL });
    });
}

/// The points are not compiled in.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn pass(_name: &str) {}
