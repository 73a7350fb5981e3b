//! Texts of requests, and whether PostgreSQL can store them.

/// A text of a request. What is no UTF-8 is U+FFFD in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Whether it was UTF-8 without lone surrogates and U+0000.
    pub is_storable: bool,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { value: text.to_owned(), is_storable: !text.contains('\0') }
    }
}
