//! The differences that one audit has found.

/// The differences found by one audit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Name of the audit.
    pub(crate) audit: String,
    /// One line per difference.
    pub(crate) differences: Vec<String>,
}
