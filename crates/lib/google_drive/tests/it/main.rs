//! Tests of the crate `google_drive` against a server on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod upload;
