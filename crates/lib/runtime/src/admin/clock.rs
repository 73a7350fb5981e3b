//! The one place where the system's clock enters; everything below takes the time as an argument.

use std::time::SystemTime;

/// The wall clock; a [`consumer::Clock`].
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the time enters")]
pub fn now() -> SystemTime {
    SystemTime::now()
}
