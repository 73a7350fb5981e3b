//! The system clock. It is read here only; all other code takes the time as an argument.

use std::time::SystemTime;

/// The wall clock; a [`consumer::Clock`].
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the only reader of the system clock")]
pub fn now() -> SystemTime {
    SystemTime::now()
}
