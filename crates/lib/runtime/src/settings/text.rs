//! Validation of the text of a setting: one line, not empty, without white space at its ends. Valid for every setting.
//!
//! An invalid text is rejected and never trimmed, so that the value in use is the value that was set.

/// The reason why a text cannot be a setting; `None` if it can. It never contains the text, which may be secret.
pub(crate) fn objection(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if text.starts_with('\u{feff}') {
        Some("begins with a byte order mark")
    } else if text.trim() != text {
        Some("begins or ends with white space")
    } else if text.contains(['\n', '\r']) {
        Some("has several lines")
    } else if text.contains(char::is_control) {
        Some("has a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn a_text_is_one_line_without_white_space_at_its_ends() {
        for (text, expected) in [
            ("orders", None),
            ("open sesame", None),
            ("заказы", None),
            ("", Some("is empty")),
            (" ", Some("begins or ends with white space")),
            ("orders ", Some("begins or ends with white space")),
            ("\torders", Some("begins or ends with white space")),
            ("orders\u{a0}", Some("begins or ends with white space")),
            ("orders\n", Some("begins or ends with white space")),
            ("orders\r\n", Some("begins or ends with white space")),
            ("one\ntwo", Some("has several lines")),
            ("one\r\ntwo", Some("has several lines")),
            ("\u{feff}orders", Some("begins with a byte order mark")),
            ("a\0b", Some("has a control character")),
            ("a\u{1b}[31mb", Some("has a control character")),
        ] {
            assert_eq!(objection(text), expected, "{text:?}");
        }
    }
}
