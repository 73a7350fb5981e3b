//! Statuses of an order, and their ranks.

/// The status of orders that are counted.
pub const CLOSED: &str = "CLOSED";

/// The rank of a status, which decides between two events of the same time. Unknown statuses have the lowest rank: they
/// are stored, but never counted.
#[must_use]
pub fn rank(status: &str) -> u8 {
    match status {
        "OPEN" => 1,
        "COOKING" => 2,
        "DELIVERING" => 3,
        CLOSED => 4,
        "CANCELLED" => 5,
        _ => 0,
    }
}
