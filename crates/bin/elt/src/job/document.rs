//! YAML (and so JSON) read into keys and values, each with its line.

use std::iter::Peekable;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::text::{Lines, Source};

/// The largest job file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A key of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// What a key is set to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Source),
    List(Vec<Source>),
    /// `KEY:`, `KEY: null`, `KEY: ~`.
    Null,
    /// None of these: what it is, for messages.
    Other(&'static str),
}

/// Why a file cannot be read, and the line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) line: u32,
    pub(crate) message: String,
}

/// The keys of a file in order, those given twice included.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Unreadable> {
    if bytes.len() > MAX_BYTES {
        return Err(unreadable(1, "the file is larger than 1 MiB, the limit for a job file: shorten it"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        unreadable(u32::try_from(line).unwrap_or(u32::MAX), "the file is not UTF-8: save it as UTF-8")
    })?;
    Reader { text, events: Parser::new_from_str(text).peekable() }.document()
}

struct Reader<'a> {
    text: &'a str,
    events: Peekable<Parser<'a, StrInput<'a>>>,
}

impl<'a> Reader<'a> {
    fn document(mut self) -> Result<Vec<Entry>, Unreadable> {
        let mut entries = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {}
                _ if entries.is_some() => {
                    return Err(unreadable(line(&span), "the file has a second document: write one job per file"));
                }
                Event::MappingStart(..) => entries = Some(self.entries()?),
                _ => return Err(unreadable(line(&span), "the file is not a list of keys: write KEY: value lines")),
            }
        }
        entries.ok_or_else(|| unreadable(1, "the file is empty: write the six required keys"))
    }

    fn entries(&mut self) -> Result<Vec<Entry>, Unreadable> {
        let mut entries = Vec::new();
        while let Some((event, span)) = self.next()? {
            let line = line(&span);
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(unreadable(line, "a key is not text: write KEY: value lines")),
            };
            entries.push(Entry { key, line, value: self.value()? });
        }
        Ok(entries)
    }

    fn value(&mut self) -> Result<Value, Unreadable> {
        let Some((event, span)) = self.next()? else { return Ok(Value::Null) };
        Ok(match event {
            _ if event.tag().is_some_and(|tag| !tag.is_yaml_core_schema()) => {
                self.skip(&event)?;
                Value::Other("has a tag")
            }
            Event::Scalar(text, style, ..) if is_null(&text, style) => Value::Null,
            Event::Scalar(text, style, ..) => Value::Text(self.source(&text, style, &span)),
            Event::SequenceStart(..) => self.list()?,
            Event::Alias(_) => Value::Other("is an alias"),
            _ => {
                self.skip(&event)?;
                Value::Other("is a mapping")
            }
        })
    }

    fn list(&mut self) -> Result<Value, Unreadable> {
        let (mut items, mut all_text) = (Vec::new(), true);
        while !matches!(self.peek(), Some(Event::SequenceEnd)) {
            match self.value()? {
                Value::Text(text) => items.push(text),
                _ => all_text = false,
            }
            if self.events.peek().is_none() {
                break;
            }
        }
        self.next()?;
        Ok(if all_text { Value::List(items) } else { Value::Other("is a list of more than texts") })
    }

    /// Leaves out the rest of a mapping or list that has just begun.
    fn skip(&mut self, first: &Event<'a>) -> Result<(), Unreadable> {
        let mut depth = i32::from(matches!(first, Event::MappingStart(..) | Event::SequenceStart(..)));
        while depth > 0 {
            depth += match self.next()? {
                Some((Event::MappingStart(..) | Event::SequenceStart(..), _)) => 1,
                Some((Event::MappingEnd | Event::SequenceEnd, _)) => -1,
                Some(_) => 0,
                None => break,
            };
        }
        Ok(())
    }

    fn source(&self, text: &str, style: ScalarStyle, span: &Span) -> Source {
        let raw = span.slice(self.text).unwrap_or_default();
        Source { text: text.to_owned(), lines: Lines::of_scalar(text, raw, style, line(span)) }
    }

    fn peek(&mut self) -> Option<&Event<'a>> {
        self.events.peek().and_then(|event| event.as_ref().ok()).map(|(event, _)| event)
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Unreadable> {
        self.events.next().transpose().map_err(|error| syntax(&error))
    }
}

fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn line(span: &Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}

fn unreadable(line: u32, message: impl Into<String>) -> Unreadable {
    Unreadable { line, message: message.into() }
}

/// A syntax error of YAML, with a remedy for the usual ones.
fn syntax(error: &ScanError) -> Unreadable {
    let remedy = match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            ": indent with spaces"
        }
        ErrorKind::UnclosedQuotedScalar => ": close the quote, or write the text as a block (KEY: |)",
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::CommentInterceptedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::UnexpectedCharacter { .. } => ": write SQL as a block (KEY: |, then indented lines)",
        ErrorKind::UnknownQuotedScalarEscape => ": write \\\\ for a backslash",
        ErrorKind::UnknownAnchor => ": write the value itself",
        ErrorKind::MismatchedFlowCollectionEnd { .. } | ErrorKind::UnclosedFlowCollection { .. } => {
            ": close the bracket"
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            ": add a comma or the closing bracket"
        }
        _ => ": correct the line",
    };
    let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
    unreadable(line, format!("the file is not valid YAML ({}){remedy}", error.info()))
}
