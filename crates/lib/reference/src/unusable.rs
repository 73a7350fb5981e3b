//! Reasons why a value in Redis cannot be used as a name.

use std::fmt;

/// Why a value cannot be used as one kind of name. The value of a restaurant is unusable as a user, for example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unusable {
    /// The value is a hash, a list or another type; names are read from strings.
    WrongType,
    /// The value is larger than the limit, [`LARGEST_VALUE`].
    TooLarge,
    /// The string is not the JSON text of an object.
    NotJson,
    /// A restaurant where a user is expected, or vice versa.
    OtherKind,
    /// The field `name` is absent, blank, or not a string that PostgreSQL can hold.
    NoName,
}

/// The maximum size of a value, in bytes. It is enough for some 25,000 products, more than any menu has. Parsing takes
/// six times the size.
pub const LARGEST_VALUE: usize = 4 << 20;

/// The size of a value in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// There is no value, or it is an empty string.
    Nothing,
    /// A string of this size.
    Bytes(usize),
    /// The value is not a string.
    OtherType,
}

impl Unusable {
    /// All reasons.
    pub const ALL: [Self; 5] = [Self::WrongType, Self::TooLarge, Self::NotJson, Self::OtherKind, Self::NoName];

    /// The name in metrics and in JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::WrongType => "wrong-type",
            Self::TooLarge => "too-large",
            Self::NotJson => "not-json",
            Self::OtherKind => "other-kind",
            Self::NoName => "no-name",
        }
    }
}

/// The reason as text for a person.
impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::WrongType => "Redis holds a value that is not a string",
            Self::TooLarge => "Redis holds a value of more than 4 MiB",
            Self::NotJson => "Redis holds a string that is not a JSON object",
            Self::OtherKind => "Redis holds the other kind: a restaurant has a menu, a user has none",
            Self::NoName => "Redis holds an object without a name",
        })
    }
}
