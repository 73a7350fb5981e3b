//! Changes of memberships: their invariants on real PostgreSQL.

mod expiry;
mod closed;
mod writers;
mod over_http;
mod as_of;
mod statuses;
