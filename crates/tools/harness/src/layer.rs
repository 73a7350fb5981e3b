//! The three layers, in the order of the data flow.

/// A layer of the warehouse, and the service that fills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Orders as received, and with names.
    Stg,
    /// The Data Vault and the counters.
    Dds,
    /// The marts.
    Cdm,
}

impl Layer {
    /// All layers, upstream first.
    pub const ALL: [Self; 3] = [Self::Stg, Self::Dds, Self::Cdm];

    /// The name of its schema, and the prefix of its service.
    #[must_use]
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Stg => "stg",
            Self::Dds => "dds",
            Self::Cdm => "cdm",
        }
    }

    /// The name of its binary.
    #[must_use]
    pub fn binary(self) -> String {
        format!("{}-service", self.stem())
    }
}
