//! Changes of memberships: their invariants on real PostgreSQL.

mod expiry;
mod closed;
mod writers;
mod as_of;
mod statuses;
