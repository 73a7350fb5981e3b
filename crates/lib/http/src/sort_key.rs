//! Keys of rows that are ordered by a number and a text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The place of a row in such an order, as `number:text` in a request and a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SortKey {
    /// The number.
    pub number: i64,
    /// The text.
    pub text: String,
}

impl TryFrom<String> for SortKey {
    type Error = &'static str;

    fn try_from(key: String) -> Result<Self, Self::Error> {
        const MALFORMED: &str = "`after` has to be the `next` of the page before";
        let (number, text) = key.split_once(':').ok_or(MALFORMED)?;
        let number = number.parse().map_err(|_| MALFORMED)?;
        if text.contains('\0') { Err(MALFORMED) } else { Ok(Self { number, text: text.to_owned() }) }
    }
}

impl From<SortKey> for String {
    fn from(key: SortKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.number, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::SortKey;

    #[test]
    fn a_key_comes_back_as_it_was_sent() {
        for (number, text) in [(7, "a:b"), (-1, ""), (i64::MAX, "Любитель пиццы")] {
            let key = SortKey { number, text: text.to_owned() };
            assert_eq!(SortKey::try_from(key.to_string()), Ok(key));
        }
        for malformed in ["", "7", "x:y", "7:a\0"] {
            assert!(SortKey::try_from(malformed.to_owned()).is_err(), "{malformed:?}");
        }
    }
}
