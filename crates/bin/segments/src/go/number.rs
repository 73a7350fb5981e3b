//! Integers as `strconv.Atoi` reads them, and its errors.

/// Parses an integer.
///
/// # Errors
/// The text of Go's error.
pub fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let problem = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        "invalid syntax"
    } else {
        match text.parse() {
            Ok(number) => return Ok(number),
            Err(_) => "value out of range",
        }
    };
    Err(format!("strconv.Atoi: parsing {}: {problem}", quote(text)))
}

/// `strconv.Quote`, for texts without exotic characters.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}' => quoted.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_errors_of_go() {
        for (text, expected) in [("18", 18), ("-1", -1), ("+5", 5), ("007", 7), ("9223372036854775807", i64::MAX)] {
            assert_eq!(atoi(text), Ok(expected));
        }
        for (text, expected) in [
            ("abc", r#"strconv.Atoi: parsing "abc": invalid syntax"#),
            ("", r#"strconv.Atoi: parsing "": invalid syntax"#),
            ("+", r#"strconv.Atoi: parsing "+": invalid syntax"#),
            ("1_0", r#"strconv.Atoi: parsing "1_0": invalid syntax"#),
            ("9223372036854775808", r#"strconv.Atoi: parsing "9223372036854775808": value out of range"#),
        ] {
            assert_eq!(atoi(text).unwrap_err(), expected);
        }
    }
}
