//! Why a name counts as missing although Redis has a value under its id.

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
    /// A restaurant where a user is expected, or the other way round.
    OtherKind,
    /// The field `name` is absent, blank, or not a string that PostgreSQL can hold.
    NoName,
}

/// The largest value that is read, in bytes. Some 25,000 dishes: no menu is larger, and reading it takes six times its size.
pub const LARGEST_VALUE: usize = 4 << 20;

/// What Redis says about the size of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// There is no value, or an empty string.
    Nothing,
    /// A string of so many bytes.
    Bytes(usize),
    /// It is not a string.
    OtherType,
}

impl Unusable {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::WrongType, Self::TooLarge, Self::NotJson, Self::OtherKind, Self::NoName];

    /// Its name in metrics and in JSON.
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

/// What Redis holds, as text for a person.
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
