//! Failpoints: named points inside a batch at which a test kills the process with SIGKILL.
//!
//! They are compiled in only with the feature `failpoints`. `FAILPOINTS=stored=3*off->return` kills the process when it
//! passes between the transaction and the publishing for the fourth time. A batch has the points `received`, `stored`
//! and `published`. A background round has the points `resumed` and `sent`, and also `handed out` and `acknowledged` if
//! it has messages.

/// Passes the point `name`. Has no effect unless a test has armed it.
#[cfg(feature = "failpoints")]
pub(crate) fn pass(name: &str) {
    fail::fail_point!(name, |_| {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    });
}

/// Does nothing: the points are not compiled in.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn pass(_name: &str) {}

/// Keeps the failpoints of the environment armed.
pub(crate) struct Armed {
    #[cfg(feature = "failpoints")]
    _scenario: fail::FailScenario<'static>,
}

/// Arms the failpoints named in `FAILPOINTS`, if they are compiled in.
pub(crate) fn arm() -> Armed {
    Armed {
        #[cfg(feature = "failpoints")]
        _scenario: fail::FailScenario::setup(),
    }
}
