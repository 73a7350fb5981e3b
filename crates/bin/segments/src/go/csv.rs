//! Fields as `encoding/csv` writes them.

use std::borrow::Cow;

/// The field, in quotation marks if it needs them.
#[must_use]
pub fn field(text: &str) -> Cow<'_, str> {
    let special = |text: &str| text.contains([',', '"', '\r', '\n']) || text.starts_with(char::is_whitespace);
    // The end marker of COPY, which Go quotes.
    if special(text) || text == r"\." { Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))) } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_only_if_they_need_it() {
        for (text, expected) in [
            ("A", "A"),
            ("", ""),
            ("a b ", "a b "),
            (" a", "\" a\""),
            ("\u{a0}a", "\"\u{a0}a\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""),
            ("a;b", "a;b"),
            ("\\.", "\"\\.\""),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}
