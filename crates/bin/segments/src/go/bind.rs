//! Request bodies as Go's Echo binds them to a struct with `encoding/json`, and its errors.

use std::ops::Range;

use super::scan::{Scanner, SyntaxError};
use crate::go::text::Text;

/// A JSON object of a request, whose fields are read by name. Without a body it has none.
#[derive(Debug, Default)]
pub struct Object<'a> {
    bytes: &'a [u8],
    fields: Vec<(String, Range<usize>)>,
}

/// The first field, in the order of the text, that has a wrong type.
#[derive(Debug)]
pub struct TypeErrors {
    structure: &'static str,
    first: Option<(usize, String)>,
}

/// Reads a body. The content type decides whether it is read at all.
///
/// # Errors
/// The text of Echo's error.
pub fn body<'a>(content_type: Option<&[u8]>, bytes: &'a [u8]) -> Result<Object<'a>, String> {
    let begins = |prefix: &str| content_type.is_some_and(|given| given.starts_with(prefix.as_bytes()));
    if bytes.is_empty() || begins("application/x-www-form-urlencoded") || begins("multipart/form-data") {
        return Ok(Object::default());
    }
    if !begins("application/json") {
        return Err("code=415, message=Unsupported Media Type".to_owned());
    }
    let value = Scanner::new(bytes, 0).first().map_err(syntax)?;
    match bytes[value.start] {
        b'{' => Object::read(bytes, value.start),
        b'n' => Ok(Object::default()),
        _ => {
            let kind = kind(bytes, &value);
            Err(format!(
                "code=400, message=Unmarshal type error: expected=object, got={kind}, field=, offset={}",
                value.end
            ))
        }
    }
}

fn syntax(error: SyntaxError) -> String {
    match error {
        SyntaxError::Eof => "code=400, message=EOF, internal=EOF".to_owned(),
        SyntaxError::UnexpectedEof => "code=400, message=unexpected EOF, internal=unexpected EOF".to_owned(),
        SyntaxError::At(offset) => {
            format!("code=400, message=Syntax error: offset={offset}, error=invalid character")
        }
    }
}

impl<'a> Object<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Result<Self, String> {
        let members = Scanner::new(bytes, at).members().map_err(syntax)?;
        let fields = members.into_iter().map(|member| (decode(member.key).value, member.value)).collect();
        Ok(Self { bytes, fields })
    }

    /// A string. Absent or null: empty.
    pub fn text(&self, field: &str, errors: &mut TypeErrors) -> Text {
        let mut text = Text::from("");
        for value in self.values(field) {
            match self.bytes[value.start] {
                b'"' => text = decode(&self.bytes[value]),
                _ => errors.add(self.bytes, &value, field, "string"),
            }
        }
        text
    }

    /// An integer. Absent or null: `absent`.
    pub fn integer(&self, field: &str, absent: i64, errors: &mut TypeErrors) -> i64 {
        let mut number = absent;
        for value in self.values(field) {
            let literal = std::str::from_utf8(&self.bytes[value.clone()]).unwrap_or_default();
            match literal.parse() {
                Ok(read) => number = read,
                Err(_) => errors.add(self.bytes, &value, field, "int"),
            }
        }
        number
    }

    /// A list of objects. Absent or null: empty. The names of the fields of its objects begin with that of the list.
    pub fn list(&self, field: &str, errors: &mut TypeErrors) -> Vec<Self> {
        let mut list = Vec::new();
        for value in self.values(field) {
            if self.bytes[value.start] != b'[' {
                errors.add(self.bytes, &value, field, "[]struct");
                continue;
            }
            list.clear();
            for element in Scanner::new(self.bytes, value.start).elements().unwrap_or_default() {
                match self.bytes[element.start] {
                    b'{' => list.extend(Self::read(self.bytes, element.start)),
                    b'n' => list.push(Self { bytes: self.bytes, fields: Vec::new() }),
                    _ => errors.add(self.bytes, &element, field, "struct"),
                }
            }
        }
        list
    }

    /// The JSON of the last value of a field. `None`: absent or null.
    #[must_use]
    pub fn raw(&self, field: &str) -> Option<&'a str> {
        let value = self.values(field).last()?;
        std::str::from_utf8(&self.bytes[value]).ok()
    }

    /// The values of a field that are not null, in the order of the text.
    fn values(&self, field: &str) -> impl Iterator<Item = Range<usize>> {
        // A field of an object in a list is named with its list.
        let name = field.rsplit('.').next().unwrap_or(field);
        let named = self.fields.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.clone()).filter(|value| self.bytes[value.start] != b'n')
    }
}

impl TypeErrors {
    /// None yet, in the struct of this call.
    #[must_use]
    pub const fn of(structure: &'static str) -> Self {
        Self { structure, first: None }
    }

    /// The text of Echo's error.
    ///
    /// # Errors
    /// A field has a wrong type.
    pub fn result(self) -> Result<(), String> {
        self.first.map_or(Ok(()), |(_, error)| Err(error))
    }

    fn add(&mut self, bytes: &[u8], value: &Range<usize>, field: &str, expected: &str) {
        // Up to and with the opening bracket of an array or object.
        let offset = if matches!(bytes[value.start], b'[' | b'{') { value.start + 1 } else { value.end };
        if self.first.as_ref().is_some_and(|(before, _)| *before <= offset) {
            return;
        }
        let mut got = kind(bytes, value).to_owned();
        if got == "number" && expected == "int" {
            got = format!("number {}", String::from_utf8_lossy(&bytes[value.clone()]));
        }
        let structure = if field.contains('.') { "" } else { self.structure };
        let internal =
            format!("json: cannot unmarshal {got} into Go struct field {structure}.{field} of type {expected}");
        let error = format!(
            "code=400, message=Unmarshal type error: expected={expected}, got={got}, field={field}, offset={offset}, internal={internal}"
        );
        self.first = Some((offset, error));
    }
}

fn kind(bytes: &[u8], value: &Range<usize>) -> &'static str {
    match bytes[value.start] {
        b'"' => "string",
        b't' | b'f' => "bool",
        b'[' => "array",
        b'{' => "object",
        _ => "number",
    }
}

/// The text of a string literal with its quotation marks.
fn decode(literal: &[u8]) -> Text {
    let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let (mut bytes, mut is_storable, mut at) = (Vec::new(), true, 0);
    while let Some(byte) = inside.get(at).copied() {
        if byte != b'\\' {
            bytes.push(byte);
            at += 1;
            continue;
        }
        let (character, length) = escaped(&inside[at + 1..]);
        is_storable &= character.is_some();
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        at += 1 + length;
    }
    let value = String::from_utf8_lossy(&bytes);
    is_storable &= matches!(value, std::borrow::Cow::Borrowed(_)) && !value.contains('\0');
    Text { value: value.into_owned(), is_storable }
}

/// The character of an escape, without its backslash, and the length of the escape. `None`: a lone surrogate.
fn escaped(text: &[u8]) -> (Option<char>, usize) {
    let plain = match text.first() {
        Some(b'u') => {
            let first = hex(&text[1..]);
            let second = text.get(5..7).filter(|next| next == b"\\u").map(|_| hex(&text[7..]));
            return match (first, second) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    (char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)), 11)
                }
                _ => (char::from_u32(first), 5),
            };
        }
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        other => other.map_or(char::REPLACEMENT_CHARACTER, |byte| char::from(*byte)),
    };
    (Some(plain), 1)
}

/// The number of four hexadecimal digits.
fn hex(digits: &[u8]) -> u32 {
    let digits = digits.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&[u8]> = Some(b"application/json");

    /// The fields of a body, as creating a user reads them.
    fn read(content_type: Option<&[u8]>, bytes: &[u8]) -> Result<(String, i64, bool), String> {
        let object = body(content_type, bytes)?;
        let mut errors = TypeErrors::of("UserCreateInput");
        let (name, age) = (object.text("name", &mut errors), object.integer("age", -1, &mut errors));
        for element in object.list("segments", &mut errors) {
            element.text("segments.name", &mut errors);
        }
        errors.result()?;
        Ok((name.value, age, name.is_storable))
    }

    fn ok(bytes: &[u8], name: &str, age: i64, is_storable: bool) {
        assert_eq!(read(JSON, bytes), Ok((name.to_owned(), age, is_storable)), "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn fields_are_read_as_go_reads_them() {
        ok(b"", "", -1, true);
        ok(b"null", "", -1, true);
        ok(br#"{"name":"a","age":7,"name":"b"} garbage"#, "b", 7, true);
        ok(br#"{"name":null,"age":null,"Name":"x","other":{}}"#, "", -1, true);
        ok(br#"{"name":"\u0041\ud83d\ude00\/\n","age":-0}"#, "A\u{1f600}/\n", 0, true);
        ok(br#"{"name":"\u0000"}"#, "\0", -1, false);
        ok(br#"{"name":"a\ud800b"}"#, "a\u{fffd}b", -1, false);
        ok(b"{\"name\":\"a\xff\"}", "a\u{fffd}", -1, false);
        ok("{\"name\":\"\u{fffd}\"}".as_bytes(), "\u{fffd}", -1, true);
    }

    #[test]
    fn other_content_types_than_json_are_415() {
        let body = br#"{"name":"a","age":7}"#;
        let read_ok = |content_type: &str| read(Some(content_type.as_bytes()), body).map(|read| read.0);
        assert_eq!(read_ok("application/json; charset=utf-8"), Ok("a".to_owned()));
        assert_eq!(read_ok("application/x-www-form-urlencoded"), Ok(String::new()));
        assert_eq!(read_ok("multipart/form-data; boundary=x"), Ok(String::new()));
        let unsupported = Err("code=415, message=Unsupported Media Type".to_owned());
        assert_eq!(read_ok("text/plain"), unsupported);
        assert_eq!(read(None, body).map(|read| read.0), unsupported);
        assert_eq!(read(None, b"").map(|read| read.1), Ok(-1));
    }

    #[test]
    fn errors_are_worded_as_in_go() {
        let of_type = |got: &str, field: &str, expected: &str, offset: usize, structure: &str| {
            format!(
                "code=400, message=Unmarshal type error: expected={expected}, got={got}, field={field}, offset={offset}, \
                 internal=json: cannot unmarshal {got} into Go struct field {structure}.{field} of type {expected}"
            )
        };
        let input = "UserCreateInput";
        for (text, expected) in [
            (" ", "code=400, message=EOF, internal=EOF".to_owned()),
            (r#"{"name":"#, "code=400, message=unexpected EOF, internal=unexpected EOF".to_owned()),
            (r#"{"name":1,"age":"x"}"#, of_type("number", "name", "string", 9, input)),
            (r#"{"age":"x","name":1}"#, of_type("string", "age", "int", 10, input)),
            (r#"{"age":27.5}"#, of_type("number 27.5", "age", "int", 11, input)),
            (r#"{"age":9223372036854775808}"#, of_type("number 9223372036854775808", "age", "int", 26, input)),
            (r#"{"age":true}"#, of_type("bool", "age", "int", 11, input)),
            (r#"{"name":[1]}"#, of_type("array", "name", "string", 9, input)),
            (r#"{"name":{"a":1}}"#, of_type("object", "name", "string", 9, input)),
            (r#"{"segments":[{"name":1}]}"#, of_type("number", "segments.name", "string", 22, "")),
        ] {
            assert_eq!(read(JSON, text.as_bytes()).unwrap_err(), expected, "{text}");
        }
        let syntax = read(JSON, br#"{"name":1 "age":2}"#).unwrap_err();
        assert!(syntax.starts_with("code=400, message=Syntax error: "), "{syntax}");
        assert!(read(JSON, b"[]").is_err() && read(JSON, b"7").is_err());
    }
}
