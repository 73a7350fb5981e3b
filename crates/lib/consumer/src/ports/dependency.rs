//! Dependencies of a service, and errors of their requests.

use std::fmt;

use serde::{Serialize, Serializer};

/// A request to a dependency that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dependency}: {error}")]
pub struct DependencyError {
    /// The dependency.
    pub dependency: Dependency,
    /// The error text, without secrets.
    pub error: String,
    /// The kind of failure. It decides what happens if the error repeats.
    pub fault: Fault,
}

/// A system that a service needs: a broker, a database, a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// Its name in logs, metrics and `/ready`: `postgres`.
    pub name: &'static str,
    /// The setting with its address: `DATABASE_URL`.
    pub setting: &'static str,
}

impl fmt::Display for Dependency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// How a dependency failed: as a whole, or on this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is unreachable, starting, stopping or out of resources, and would fail any request.
    Unreachable,
    /// It is reachable and rejected this request. The text is the kind of error (an SQLSTATE), without anything that
    /// differs from one attempt to the next, so that the loop recognizes a repeated error.
    Rejected(String),
    /// The request took longer than its time limit. The dependency may be reachable or not.
    TimedOut,
}

impl DependencyError {
    /// An unreachable dependency, with the error text.
    pub fn new(dependency: Dependency, error: impl fmt::Display) -> Self {
        Self { dependency, error: error.to_string(), fault: Fault::Unreachable }
    }

    /// The same error with another fault.
    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}
