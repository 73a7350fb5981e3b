//! The differences that one audit has found.

/// What one audit found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Which audit.
    pub(crate) audit: String,
    /// One line a difference.
    pub(crate) differences: Vec<String>,
}
