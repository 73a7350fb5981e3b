//! The lines of an import: CSV with the field `user`, perhaps `until`, to rows of COPY. Pure.

use std::borrow::Cow;

use crate::{
    api::v2::{instant, who},
    changes::{Rejected, copy_row},
};

/// The largest number of lines with users.
const MAX_LINES: i32 = 5_000_000;

/// The longest line, in bytes.
const MAX_LINE: usize = 4096;

/// How many bad lines are shown.
pub(super) const SHOWN: usize = 100;

/// Why a file is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadFile {
    /// It has more lines than an import may.
    TooLong,
    /// The first line names other columns.
    Header,
}

/// A file as it arrives.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line that has not ended yet.
    rest: Vec<u8>,
    /// Whether that line is too long already, so that no more of it is kept.
    is_long: bool,
    /// The lines so far, with the header and empty ones: the number of a line is that of an editor.
    line: i32,
    /// Lines with users.
    users: i32,
    /// Lines that cannot be read.
    pub(super) bad: i64,
    /// The first of them.
    pub(super) shown: Vec<Rejected>,
}

impl Lines {
    /// Adds a part of the file. Rows of COPY are added to `out`.
    pub(super) fn add(&mut self, part: &[u8], out: &mut String) -> Result<(), BadFile> {
        let mut pieces = part.split(|byte| *byte == b'\n');
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.keep(piece);
            self.end_line(out)?;
        }
        self.keep(last);
        Ok(())
    }

    /// Ends the file. The last line needs no line break.
    pub(super) fn end(&mut self, out: &mut String) -> Result<(), BadFile> {
        if self.rest.is_empty() && !self.is_long { Ok(()) } else { self.end_line(out) }
    }

    fn keep(&mut self, piece: &[u8]) {
        self.is_long |= self.rest.len() + piece.len() > MAX_LINE;
        if self.is_long {
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(piece);
        }
    }

    fn end_line(&mut self, out: &mut String) -> Result<(), BadFile> {
        let (bytes, is_long) = (std::mem::take(&mut self.rest), std::mem::take(&mut self.is_long));
        self.line += 1;
        let text = if is_long { None } else { std::str::from_utf8(&bytes).ok() };
        let text = text.map(|text| text.strip_suffix('\r').unwrap_or(text));
        let text = if self.line == 1 { text.map(|text| text.trim_start_matches('\u{feff}')) } else { text };
        match text {
            Some("") => return Ok(()),
            Some(text) if self.line == 1 && is_header(text)? => return Ok(()),
            _ => {}
        }
        self.users += 1;
        if self.users > MAX_LINES {
            return Err(BadFile::TooLong);
        }
        if let Err(reason) = text.ok_or("invalid_line").and_then(|text| row(self.line, text, out)) {
            self.bad += 1;
            if self.shown.len() < SHOWN {
                self.shown.push(Rejected { line: self.line, reason: reason.to_owned() });
            }
        }
        // Used again, so that a line costs no allocation.
        self.rest = bytes;
        self.rest.clear();
        Ok(())
    }
}

/// Whether a first line is a header.
fn is_header(text: &str) -> Result<bool, BadFile> {
    match text.split(',').next().map(|field| field.trim_matches('"')) {
        Some("user") if matches!(text.replace('"', "").as_str(), "user" | "user,until") => Ok(true),
        Some("user") => Err(BadFile::Header),
        _ => Ok(false),
    }
}

/// Adds the row of a line.
fn row(line: i32, text: &str, out: &mut String) -> Result<(), &'static str> {
    let fields = fields(text).ok_or("invalid_line")?;
    let (user, until) = match fields.as_slice() {
        [user] => (user, None),
        [user, until] => (user, Some(until).filter(|until| !until.is_empty())),
        _ => return Err("invalid_line"),
    };
    let who = who::parse(user).ok_or("invalid_user")?;
    let end = until.map(|until| instant::parse(until).ok_or("invalid_until")).transpose()?;
    copy_row(out, line, &who, end);
    Ok(())
}

/// The fields of a line (RFC 4180). `None`: a quotation mark is where none may be.
fn fields(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains('"') {
                    return None;
                }
                (Cow::Borrowed(field), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(fields),
        }
    }
}

/// The text of a field after its first quotation mark, and the rest of the line.
fn quoted_field(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find('"')?;
        let after = text.get(end + 1..)?;
        if !after.starts_with('"') {
            return Some((text.get(..end)?.replace("\"\"", "\"").into(), after));
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows, and the bad lines with their reasons.
    type Read = (Vec<String>, Vec<(i32, String)>);

    fn read(parts: &[&[u8]]) -> Result<Read, BadFile> {
        let (mut lines, mut out) = (Lines::default(), String::new());
        for part in parts {
            lines.add(part, &mut out)?;
        }
        lines.end(&mut out)?;
        let bad = lines.shown.into_iter().map(|Rejected { line, reason }| (line, reason));
        Ok((out.lines().map(str::to_owned).collect(), bad.collect()))
    }

    #[test]
    fn lines_become_rows_and_bad_ones_are_named() {
        let file = "\u{feff}user,until\r\n7\r\n\r\n\"8\",2026-11-24T12:00:00Z\n\"source:a,\"\"b\"\"\",\nanna\n9,soon\n1,2,3\n\"1";
        let (rows, bad) = read(&[file.as_bytes()]).unwrap();
        assert_eq!(rows, ["2\t\\N\t7\t\\N\t\\N", "4\t\\N\t8\t\\N\t2026-11-24T12:00:00", "5\t\\N\t\\N\ta,\"b\"\t\\N",]);
        let named = |line, reason: &str| (line, reason.to_owned());
        let expected =
            [named(6, "invalid_user"), named(7, "invalid_until"), named(8, "invalid_line"), named(9, "invalid_line")];
        assert_eq!(bad, expected);
    }

    #[test]
    fn a_header_is_optional_and_has_known_columns() {
        assert_eq!(read(&[b"7\n"]).unwrap().0, ["1\t\\N\t7\t\\N\t\\N"]);
        assert_eq!(read(&[b"user\n7"]).unwrap().0, ["2\t\\N\t7\t\\N\t\\N"]);
        for header in ["user,since", "user,until,x", "user;until"] {
            let read = read(&[header.as_bytes(), b"\n7"]);
            assert!(read.is_err() || !read.unwrap().1.is_empty(), "{header}");
        }
        assert_eq!(read(&[]).unwrap(), (vec![], vec![]));
    }

    #[test]
    fn a_long_line_and_no_utf_8_are_bad_lines() {
        let long = "1".repeat(5000);
        let (rows, bad) = read(&[b"7\n\xff\n", long.as_bytes(), long.as_bytes(), b"\n8"]).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(bad, [(2, "invalid_line".to_owned()), (3, "invalid_line".to_owned())]);
    }

    proptest! {
        #[test]
        fn a_file_may_be_split_at_any_byte(file in "(([0-9]{1,9}|\"source:[a,\"\"]*\"|x)?(,|,2026-11-24T12:00:00Z)?\r?\n){0,20}", at in any::<prop::sample::Index>()) {
            let place = at.index(file.len() + 1);
            let (one, two) = file.as_bytes().split_at(place);
            prop_assert_eq!(read(&[one, two]), read(&[file.as_bytes()]));
        }
    }
}
