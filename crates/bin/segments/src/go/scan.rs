//! The syntax of JSON as Go's scanner accepts it: where values begin and end, and where the text goes wrong.

use std::ops::Range;

/// Why a text does not begin with a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxError {
    /// It has nothing but white space.
    Eof,
    /// It ends inside a value.
    UnexpectedEof,
    /// The byte at this offset cannot be there.
    At(usize),
}

/// Go gives up beyond this depth.
const MAX_DEPTH: usize = 10_000;

/// A position in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A member of an object: its key, and where its value is.
pub(super) struct Member<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: Range<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The first value.
    pub(super) fn first(&mut self) -> Result<Range<usize>, SyntaxError> {
        self.skip_space();
        if self.at == self.bytes.len() { Err(SyntaxError::Eof) } else { self.value() }
    }

    /// The members of the object that begins here.
    pub(super) fn members(&mut self) -> Result<Vec<Member<'a>>, SyntaxError> {
        let mut members = Vec::new();
        self.expect(b'{')?;
        while self.peek()? != b'}' {
            let start = self.at;
            self.string()?;
            let key = &self.bytes[start..self.at];
            self.expect(b':')?;
            members.push(Member { key, value: self.value()? });
            if self.peek()? == b',' {
                self.expect(b',')?;
            }
        }
        Ok(members)
    }

    /// The elements of the array that begins here.
    pub(super) fn elements(&mut self) -> Result<Vec<Range<usize>>, SyntaxError> {
        let mut elements = Vec::new();
        self.expect(b'[')?;
        while self.peek()? != b']' {
            elements.push(self.value()?);
            if self.peek()? == b',' {
                self.expect(b',')?;
            }
        }
        Ok(elements)
    }

    /// A value with all that it contains. Without recursion: a body may be nested as deep as it is long.
    fn value(&mut self) -> Result<Range<usize>, SyntaxError> {
        let mut open = Vec::new();
        self.skip_space();
        let start = self.at;
        loop {
            match self.peek()? {
                begin @ (b'{' | b'[') => {
                    self.at += 1;
                    open.push(begin);
                    if open.len() > MAX_DEPTH {
                        return Err(SyntaxError::At(self.at));
                    }
                    if self.peek()? != begin + 2 {
                        self.key(begin)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            if !self.closes(&mut open)? {
                return Ok(start..self.at);
            }
        }
    }

    /// After a value: closes what ends here. Returns whether another value follows.
    fn closes(&mut self, open: &mut Vec<u8>) -> Result<bool, SyntaxError> {
        while let Some(begin) = open.last().copied() {
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.key(begin)?;
                    return Ok(true);
                }
                // `}` and `]` are two after `{` and `[`.
                end if end == begin + 2 => {
                    self.at += 1;
                    open.pop();
                }
                _ => return Err(SyntaxError::At(self.at)),
            }
        }
        Ok(false)
    }

    /// The key of a member, if it is in an object.
    fn key(&mut self, begin: u8) -> Result<(), SyntaxError> {
        if begin == b'[' {
            return Ok(());
        }
        self.peek()?;
        self.string()?;
        self.expect(b':')
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.expect(b'"')?;
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => (0..4).try_for_each(|_| self.take(|byte| byte.is_ascii_hexdigit()))?,
                    _ => return Err(SyntaxError::At(self.at - 1)),
                },
                0..=0x1f => return Err(SyntaxError::At(self.at - 1)),
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let digit = |byte: u8| byte.is_ascii_digit();
        if self.is(b"-") {
            self.at += 1;
        }
        if self.is(b"0") {
            self.at += 1;
        } else {
            self.digits(digit)?;
        }
        if self.is(b".") {
            self.at += 1;
            self.digits(digit)?;
        }
        if self.is(b"eE") {
            self.at += 1;
            if self.is(b"+-") {
                self.at += 1;
            }
            self.digits(digit)?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self, digit: impl Fn(u8) -> bool) -> Result<(), SyntaxError> {
        self.take(&digit)?;
        while self.bytes.get(self.at).is_some_and(|byte| digit(*byte)) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), SyntaxError> {
        let word: &[u8] = match self.peek()? {
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return Err(SyntaxError::At(self.at)),
        };
        word.iter().try_for_each(|expected| self.take(|byte| byte == *expected))
    }

    /// Whether the next byte is one of these.
    fn is(&self, any: &[u8]) -> bool {
        self.bytes.get(self.at).is_some_and(|byte| any.contains(byte))
    }

    fn skip_space(&mut self) {
        while self.is(b" \t\r\n") {
            self.at += 1;
        }
    }

    fn expect(&mut self, expected: u8) -> Result<(), SyntaxError> {
        self.skip_space();
        self.take(|byte| byte == expected)
    }

    fn take(&mut self, allowed: impl Fn(u8) -> bool) -> Result<(), SyntaxError> {
        if allowed(self.next()?) { Ok(()) } else { Err(SyntaxError::At(self.at - 1)) }
    }

    /// The next byte that is no white space. It is not taken.
    pub(super) fn peek(&mut self) -> Result<u8, SyntaxError> {
        self.skip_space();
        self.bytes.get(self.at).copied().ok_or(SyntaxError::UnexpectedEof)
    }

    fn next(&mut self) -> Result<u8, SyntaxError> {
        let byte = self.bytes.get(self.at).copied().ok_or(SyntaxError::UnexpectedEof)?;
        self.at += 1;
        Ok(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Range<usize>, SyntaxError> {
        Scanner::new(text.as_bytes(), 0).first()
    }

    #[test]
    fn the_first_value_counts() {
        for (text, expected) in [
            ("{} x", 0..2),
            ("  [1, 2e3, -0.5] ", 2..16),
            (r#"{"a":{"b":[true,false,null,"\u00e9"]}}garbage"#, 0..38),
            ("7", 0..1),
            ("\"a\\\"b\"", 0..6),
        ] {
            assert_eq!(scan(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_syntax_error_has_its_position() {
        for (text, expected) in [
            ("", SyntaxError::Eof),
            (" \n", SyntaxError::Eof),
            ("{\"name\":", SyntaxError::UnexpectedEof),
            ("{\"name\"", SyntaxError::UnexpectedEof),
            ("[1,", SyntaxError::UnexpectedEof),
            ("\"a", SyntaxError::UnexpectedEof),
            ("{\"a\":tru", SyntaxError::UnexpectedEof),
            ("[1 2]", SyntaxError::At(3)),
            ("{\"a\" 1}", SyntaxError::At(5)),
            ("{a:1}", SyntaxError::At(1)),
            ("{\"a\":1,}", SyntaxError::At(7)),
            ("[01]", SyntaxError::At(2)),
            ("\"\u{1}\"", SyntaxError::At(1)),
            ("\"\\x\"", SyntaxError::At(2)),
            ("[}", SyntaxError::At(1)),
        ] {
            assert_eq!(scan(text), Err(expected), "{text}");
        }
        assert!(matches!(scan(&"[".repeat(1 << 20)), Err(SyntaxError::At(_))), "no stack overflow");
    }
}
