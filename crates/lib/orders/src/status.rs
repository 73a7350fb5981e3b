//! Statuses of an order.

/// The status whose orders count.
pub const CLOSED: &str = "CLOSED";

/// How far along an order with this status is; decides between two events of the same time. Statuses we do not know
/// rank lowest: they are kept, never counted.
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
