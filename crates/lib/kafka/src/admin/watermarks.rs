//! Low and high watermarks of a partition.

/// The first and the next offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// The offset of the first record that is still there.
    pub low: i64,
    /// The offset that the next record will have.
    pub high: i64,
}
