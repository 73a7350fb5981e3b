//! elt-service: job files, and what they make PostgreSQL do.
//!
//! [`job`] reads a job file into a [`Job`] or into problems that name file, line, key and remedy. It is pure: bytes in,
//! values out.

pub use self::job::Job;

pub mod job;
pub mod watermark;
