//! Failpoints: named points at which a test kills the process with SIGKILL or freezes it with SIGSTOP.
//!
//! They are compiled in only with the feature `failpoints`. `FAILPOINTS=stored=3*off->return` kills the process when it
//! passes the point `stored` for the fourth time, `stored=return(stop)` freezes it there. A batch of the consumer loop has
//! the points `received`, `stored` and `published`; a background round has `resumed` and `sent`, and also `handed out` and
//! `acknowledged` if it has messages. A cycle of elt-service has, in order, `locked`, `staged`, `upserted`, `deleted`,
//! `recorded`, `committed` and `cached`. A refresh of segments-service has `desired` and, before its commit, `refreshed`; a POST of
//! its API v2 that changes something has `answered` before its commit and `committed` after it. A sync with a subscriber has
//! `sync sending` before a batch is sent, `sync sent` before what the target has answered is recorded, and `file written` after
//! each part of a file in a folder.

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
    /// `None`: they are armed already, by another part of this process.
    #[cfg(feature = "failpoints")]
    scenario: Option<fail::FailScenario<'static>>,
}

/// Whether they are armed. A second scenario would wait for the end of the first one.
#[cfg(feature = "failpoints")]
static IS_ARMED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Arms the failpoints named in `FAILPOINTS`, if they are compiled in and not armed already.
#[must_use]
pub fn arm() -> Armed {
    Armed {
        #[cfg(feature = "failpoints")]
        scenario: (!IS_ARMED.swap(true, std::sync::atomic::Ordering::SeqCst)).then(fail::FailScenario::setup),
    }
}

#[cfg(feature = "failpoints")]
impl Drop for Armed {
    fn drop(&mut self) {
        if self.scenario.take().is_some() {
            IS_ARMED.store(false, std::sync::atomic::Ordering::SeqCst);
        }
    }
}
