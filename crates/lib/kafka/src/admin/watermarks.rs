//! Low and high watermarks of a partition.

/// The low and the high watermark of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// The offset of the first record that still exists.
    pub low: i64,
    /// The offset of the next record.
    pub high: i64,
}
