//! The line of the file for each byte of a text, for every way in which YAML writes one.

use granit_parser::ScalarStyle;

/// Which line of the file a byte of a text comes from: the first byte of each stretch, and its line. In a block of YAML a
/// stretch is a line; a folded scalar has several on one line, and all lines of a JSON string come from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines(Vec<(usize, u32)>);

impl Lines {
    /// Each line of `text` is a line of the file, the first one `line`.
    pub(crate) fn consecutive(text: &str, line: u32) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(starts).zip(line..).collect())
    }

    /// The lines of a scalar: `text` is its value, `raw` the same as it is written in the file, beginning on `line`. The
    /// characters that are not space are the same and in the same order in both, so they tell which line is which.
    pub(crate) fn of_scalar(text: &str, raw: &str, style: ScalarStyle, line: u32) -> Self {
        let mut raw = Written { rest: raw, style, line }.filter(|(space, _)| !space);
        if matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
            raw.next();
        }
        let mut lines = Vec::new();
        for (at, _) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let Some((_, line)) = raw.next() else { break };
            if lines.last().is_none_or(|&(_, last)| last != line) {
                lines.push((if lines.is_empty() { 0 } else { at }, line));
            }
        }
        if lines.is_empty() {
            lines.push((0, line));
        }
        Self(lines)
    }

    /// The line of the file that `byte` comes from.
    pub(crate) fn at(&self, byte: usize) -> u32 {
        let next = self.0.partition_point(|&(start, _)| start <= byte);
        self.0.get(next.saturating_sub(1)).map_or(1, |&(_, line)| line)
    }

    /// Stretches that begin after `start` and before `end`.
    pub(super) fn between(&self, start: usize, end: usize) -> &[(usize, u32)] {
        let from = self.0.partition_point(|&(byte, _)| byte <= start);
        let to = self.0.partition_point(|&(byte, _)| byte < end);
        self.0.get(from..to).unwrap_or_default()
    }

    pub(super) const fn from_stretches(stretches: Vec<(usize, u32)>) -> Self {
        Self(stretches)
    }
}

/// A scalar as it is written: for each character that it stands for, whether that is space, and its line.
struct Written<'a> {
    rest: &'a str,
    style: ScalarStyle,
    line: u32,
}

impl Written<'_> {
    /// The bytes of an escape sequence, and whether it stands for space.
    fn escape(&self) -> (usize, bool) {
        let code = |from: usize, digits: usize| {
            self.rest.get(from..from + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0)
        };
        let space = |code: u32| char::from_u32(code).is_some_and(char::is_whitespace);
        match self.rest.as_bytes().get(1) {
            Some(b'x') => (4, space(code(2, 2))),
            Some(b'u') if (0xD800..0xDC00).contains(&code(2, 4)) => (12, false),
            Some(b'u') => (6, space(code(2, 4))),
            Some(b'U') => (10, space(code(2, 8))),
            Some(b'n' | b't' | b'r' | b'v' | b'f' | b'N' | b'_' | b'L' | b'P' | b' ' | b'\t' | b'\n' | b'\r') => {
                (2, true)
            }
            _ => (2, false),
        }
    }
}

impl Iterator for Written<'_> {
    type Item = (bool, u32);

    fn next(&mut self) -> Option<(bool, u32)> {
        let first = self.rest.chars().next()?;
        let (len, space) = match self.style {
            ScalarStyle::DoubleQuoted if first == '\\' => self.escape(),
            ScalarStyle::SingleQuoted if self.rest.starts_with("''") => (2, false),
            _ => (first.len_utf8(), first.is_whitespace()),
        };
        let line = self.line;
        let taken = self.rest.get(..len).unwrap_or(self.rest);
        self.line = self.line.saturating_add(u32::try_from(line_breaks(taken)).unwrap_or(0));
        self.rest = self.rest.get(len..).unwrap_or_default();
        Some((space, line))
    }
}

fn line_breaks(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}
