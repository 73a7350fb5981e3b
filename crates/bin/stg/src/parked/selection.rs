//! Selection of parked orders by flags, the same for `list` and `release`.

use std::time::Duration;

use clap::Args;
use database::PgTimestamp;
use orders::UtcMicros;

use crate::transform::Kind;

/// Conditions that all apply. Without any, every parked order is selected.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Selects the orders that are parked for this reason: `user`, `restaurant` or `dish` (a user, a restaurant or a product is missing),
    /// `room` (the message exceeds the limit of the destination topic), or `payload` (this version of the service cannot read the order).
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub kind: Option<Kind>,

    /// Selects the orders that wait for the user, restaurant or product with this id, or for a product of the restaurant with this id. Also
    /// selects the parked order with this id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,

    /// Selects the orders that have been parked for longer than this time, for example `36h` or `90s`.
    #[arg(long, value_name = "DURATION", value_parser = runtime::settings::duration)]
    pub older_than: Option<Duration>,
}

impl Selection {
    /// Whether every parked order is selected.
    pub(super) const fn is_everything(&self) -> bool {
        let Self { kind, id, older_than } = self;
        kind.is_none() && id.is_none() && older_than.is_none()
    }

    /// The kind as stored in the table.
    pub(super) fn kind(&self) -> Option<&'static str> {
        self.kind.map(Kind::as_str)
    }

    /// The time before which an order must have been parked.
    pub(super) fn before(&self, now: UtcMicros) -> Option<PgTimestamp> {
        self.older_than.map(|age| PgTimestamp::new(now.before(age)))
    }
}

fn kind(text: &str) -> Result<Kind, String> {
    let kinds = Kind::ALL.map(Kind::as_str).join(", ");
    Kind::read(text).ok_or_else(|| format!("`{text}` is not one of {kinds}"))
}
