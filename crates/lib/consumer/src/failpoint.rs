//! Named points inside a batch at which a test stops the process with SIGKILL.
//!
//! Compiled in only with the feature `failpoints`. `FAILPOINTS=stored=3*off->return` kills the process the fourth time
//! it passes between the transaction and the publishing. The points: `received`, `stored`, `published` in a batch;
//! `resumed`, `sent` in a round of work without offsets, `handed out` and `acknowledged` in one that has messages.

/// Passes the point `name`: nothing happens, unless a test has armed it.
#[cfg(feature = "failpoints")]
pub(crate) fn pass(name: &str) {
    fail::fail_point!(name, |_| {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    });
}

/// The points are not compiled in.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn pass(_name: &str) {}

/// Holds the points armed that the environment names.
pub(crate) struct Armed {
    #[cfg(feature = "failpoints")]
    _scenario: fail::FailScenario<'static>,
}

/// Arms the points named in `FAILPOINTS`, where they are compiled in.
pub(crate) fn arm() -> Armed {
    Armed {
        #[cfg(feature = "failpoints")]
        _scenario: fail::FailScenario::setup(),
    }
}
