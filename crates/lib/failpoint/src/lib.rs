//! Failpoints: named points at which a test kills the process with SIGKILL or freezes it with SIGSTOP.
//!
//! They are compiled in only with the feature `failpoints`. `FAILPOINTS=stored=3*off->return` kills the process when it
//! passes the point `stored` for the fourth time, `stored=return(stop)` freezes it there. A batch of the consumer loop has
//! the points `received`, `stored` and `published`; a background round has `resumed` and `sent`, and also `handed out` and
//! `acknowledged` if it has messages. A cycle of elt-service has, in order, `locked`, `staged`, `upserted`, `deleted`,
//! `recorded`, `committed` and `cached`.

/// Passes the point `name`. Has no effect unless a test has armed it.
#[cfg(feature = "failpoints")]
pub fn pass(name: &str) {
    use nix::sys::signal::{Signal, raise};

    fail::fail_point!(name, |action: Option<String>| {
        let freeze = action.as_deref() == Some("stop");
        let _ = raise(if freeze { Signal::SIGSTOP } else { Signal::SIGKILL });
    });
}

/// Does nothing: the points are not compiled in.
#[cfg(not(feature = "failpoints"))]
pub const fn pass(_name: &str) {}

/// Keeps the failpoints of the environment armed.
pub struct Armed {
    #[cfg(feature = "failpoints")]
    _scenario: fail::FailScenario<'static>,
}

/// Arms the failpoints named in `FAILPOINTS`, if they are compiled in.
#[must_use]
pub fn arm() -> Armed {
    Armed {
        #[cfg(feature = "failpoints")]
        _scenario: fail::FailScenario::setup(),
    }
}
