//! Shares of unusual orders in a generated stream, by kind.

/// Shares of the orders, from 0 to 1; they are drawn independently, so one order may meet several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Announced by an OPEN event before their end.
    pub opened: f64,
    /// Cancelled instead of closed.
    pub cancelled: f64,
    /// Orders whose last event is delivered twice, byte for byte.
    pub repeated: f64,
    /// Orders whose OPEN event arrives after their last event.
    pub late: f64,
    /// That lose a line some time after their end.
    pub changed: f64,
    /// That are cancelled some time after their end.
    pub withdrawn: f64,
    /// Followed by a message about something else, or by a tombstone.
    pub noise: f64,
    /// Followed by a record that cannot be read.
    pub broken: f64,
    /// Orders that are repeated some time after their end with another user. A service can only detect this if that
    /// event follows another event of the order in the same partition.
    pub reassigned: f64,
}

impl Default for Mix {
    /// A working week: everything the source is known to do, and nothing unreadable.
    fn default() -> Self {
        Self {
            opened: 0.3,
            cancelled: 0.05,
            repeated: 0.03,
            late: 0.02,
            changed: 0.02,
            withdrawn: 0.01,
            noise: 0.005,
            broken: 0.0,
            reassigned: 0.0,
        }
    }
}

impl Mix {
    /// Exactly one CLOSED event per order: for measurements in which every record costs the same.
    #[must_use]
    pub fn clean() -> Self {
        Self {
            opened: 0.0,
            cancelled: 0.0,
            repeated: 0.0,
            late: 0.0,
            changed: 0.0,
            withdrawn: 0.0,
            noise: 0.0,
            broken: 0.0,
            reassigned: 0.0,
        }
    }

    /// A bad week: more of everything, and records for the dead letters.
    #[must_use]
    pub fn dirty() -> Self {
        Self {
            opened: 0.5,
            cancelled: 0.1,
            repeated: 0.15,
            late: 0.15,
            changed: 0.1,
            withdrawn: 0.05,
            noise: 0.02,
            broken: 0.01,
            reassigned: 0.0,
        }
    }

    /// The worst week: a dirty one with more poison, and orders that change their user.
    #[must_use]
    pub fn hostile() -> Self {
        Self { broken: 0.04, reassigned: 0.02, ..Self::dirty() }
    }
}
