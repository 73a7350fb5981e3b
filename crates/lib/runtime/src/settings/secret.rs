//! Secret texts, which appear in no log, no error and no `--help`.

use std::{convert::Infallible, fmt, str::FromStr};

/// A password, or a URL that may contain one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself. For the driver that needs it only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Reads a bearer token. A header cannot carry other characters, so every request would be refused.
///
/// # Errors
/// It has such a character.
pub fn bearer_token(text: &str) -> Result<Secret, &'static str> {
    match text.chars().all(|character| matches!(character, ' '..='~')) {
        true => Ok(Secret::from(text.to_owned())),
        false => Err("has a character that is not printable ASCII"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_printable() {
        for text in ["open sesame", "0123-abc._~+/=", "!\"#$%&'()*,:;<>?@[\\]^`{|}"] {
            assert_eq!(bearer_token(text).map(|token| token.expose().to_owned()).as_deref(), Ok(text));
        }
        for text in ["сезам", "open\u{a0}sesame", "open\u{200b}", "open\tsesame", "open\u{7f}"] {
            assert!(bearer_token(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let Ok(secret) = "hunter2".parse::<Secret>();
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
