//! The current time as [`UtcMicros`].

use std::time::UNIX_EPOCH;

use orders::UtcMicros;

/// The current time, to the microsecond.
pub(crate) fn now() -> UtcMicros {
    let since_epoch = runtime::clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
    UtcMicros::from_unix_micros(micros).unwrap_or(UtcMicros::LAST)
}
