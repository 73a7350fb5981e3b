//! JSON texts as `encoding/json` writes them.

/// Adds a string with its quotation marks.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

/// Adds the inside of a string.
pub fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_go_1_21() {
        let mut out = String::new();
        quote(&mut out, "\"\\\n\r\t\u{8}\u{c}\u{0}\u{7f}<>&\u{2028}\u{2029}'/é😀");
        assert_eq!(
            out,
            r#""\"\\\n\r\t\u0008\u000c\u0000"#.to_owned() + "\u{7f}" + r#"\u003c\u003e\u0026\u2028\u2029'/é😀""#
        );
    }
}
