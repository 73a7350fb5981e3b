//! Test cases: a record and its expected outcome.

use harness::Record;
use serde_json::{Value, json};

/// When the records were written, in milliseconds: 2026-03-09 12:00:00, and a millisecond more with each.
pub(super) const WRITTEN_AT: i64 = 1_773_057_600_000;

/// Expected outcome of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpectedOutcome {
    /// A dead letter with this reason and this text in its error.
    Dead(&'static str, String),
    /// Skipped under this kind.
    Skipped(&'static str),
    /// Stored under this key.
    Stored(String),
}

/// A record and its expected outcome.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) record: Record,
    pub(super) expected: ExpectedOutcome,
}

/// A message in which one value is exchanged: where, for which text, and the reason it is refused for; `None`: it is not.
pub(super) type Row = (&'static str, &'static str, Option<&'static str>);

/// Required type of a field.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Text,
    /// A text, too: any other is a bad date.
    Time,
    Number,
    Object,
    List,
}

impl Type {
    /// A value of every other type.
    fn wrong(self) -> Vec<&'static str> {
        let all = [(0, "\"1\""), (1, "1"), (2, "{}"), (3, "[]"), (4, "true"), (5, "false")];
        let mine = match self {
            Self::Text | Self::Time => 0,
            Self::Number => 1,
            Self::Object => 2,
            Self::List => 3,
        };
        all.into_iter().filter(|(kind, _)| *kind != mine).map(|(_, text)| text).collect()
    }
}

/// The numbers of good neighbours begin here.
const NEIGHBOURS: u32 = 1_000_000;

/// A place in a message while its text is written.
const MARK: &str = "@the place@";

/// Makes cases of good messages.
pub(super) struct Maker {
    /// A good message and the key it is stored under, by a number.
    pub(super) good: fn(u32) -> (Value, String),
    pub(super) cases: Vec<Case>,
}

impl Maker {
    pub(super) fn new(good: fn(u32) -> (Value, String)) -> Self {
        Self { good, cases: Vec::new() }
    }

    /// The next good message, and its key.
    pub(super) fn next_good(&self) -> (Value, String) {
        (self.good)(u32::try_from(self.cases.len()).unwrap_or(u32::MAX))
    }

    /// A record of these bytes with its own key and headers.
    pub(super) fn add(&mut self, name: impl Into<String>, value: Option<Vec<u8>>, expected: ExpectedOutcome) {
        let number = self.cases.len();
        let record = Record {
            key: Some(format!("\0key {number}\u{7f}").into_bytes()),
            value,
            headers: vec![
                ("trace".to_owned(), number.to_string().into_bytes()),
                ("reason".to_owned(), b"a header of theirs".to_vec()),
                ("trace".to_owned(), vec![0xff, 0x00]),
                (String::new(), Vec::new()),
            ],
            timestamp: Some(WRITTEN_AT + i64::try_from(number).unwrap_or_default()),
            ..Record::default()
        };
        self.cases.push(Case { name: name.into(), record, expected });
    }

    /// A record that becomes a dead letter with any reason.
    pub(super) fn refused(&mut self, name: &str, value: &[u8], reason: &'static str) {
        self.add(name, Some(value.to_vec()), ExpectedOutcome::Dead(reason, String::new()));
    }

    /// The next good message, written by `write`, which does not spoil it.
    pub(super) fn accepted(&mut self, name: &str, write: impl FnOnce(Value) -> String) {
        let (good, key) = self.next_good();
        self.add(name, Some(write(good).into_bytes()), ExpectedOutcome::Stored(key));
    }

    /// A good message with the text at `pointer`; refused for `reason`, in an error that names the field.
    pub(super) fn exchanged(&mut self, pointer: &str, text: &str, reason: Option<&'static str>) {
        let (good, key) = self.next_good();
        let shown: String = text.chars().take(40).collect();
        let expected = match reason {
            None => ExpectedOutcome::Stored(key),
            // The error about forbidden characters of a string has no position.
            Some(reason @ ("not-json" | "bad-text")) => ExpectedOutcome::Dead(reason, String::new()),
            Some(reason) => ExpectedOutcome::Dead(reason, path(pointer)),
        };
        let value = exchange(good, pointer, text).into_bytes();
        self.add(format!("{pointer} = {shown}"), Some(value), expected);
    }

    /// A valid message with the text at `pointer`, stored under its own key.
    pub(super) fn stored_as(&mut self, pointer: &str, text: &str, key: &str) {
        self.exchanged(pointer, text, None);
        if let Some(case) = self.cases.last_mut() {
            case.expected = ExpectedOutcome::Stored(key.to_owned());
        }
    }

    /// The cases, each with a good message behind it.
    pub(super) fn with_neighbours(mut self) -> Vec<Case> {
        for (number, case) in std::mem::take(&mut self.cases).into_iter().enumerate() {
            let (good, key) = (self.good)(NEIGHBOURS + u32::try_from(number).unwrap_or_default());
            self.cases.push(case);
            let name = format!("the good neighbour {number}");
            self.add(name, Some(good.to_string().into_bytes()), ExpectedOutcome::Stored(key));
        }
        self.cases
    }

    pub(super) fn rows(&mut self, rows: &[Row]) {
        for (pointer, text, reason) in rows {
            self.exchanged(pointer, text, *reason);
        }
    }

    /// Every field must be there, not null, and of its type.
    pub(super) fn required(&mut self, fields: &[(&str, Type)]) {
        for (pointer, kind) in fields {
            let (mut good, _) = self.next_good();
            remove(&mut good, pointer);
            let expected = ExpectedOutcome::Dead("missing-field", path(pointer));
            self.add(format!("{pointer} absent"), Some(good.to_string().into_bytes()), expected);
            self.exchanged(pointer, "null", Some("missing-field"));
            for wrong in kind.wrong() {
                self.exchanged(pointer, wrong, Some("wrong-type"));
            }
        }
    }

    /// Every field may be absent or null; otherwise it must have its type.
    pub(super) fn optional(&mut self, fields: &[(&str, Type)]) {
        for (pointer, kind) in fields {
            self.accepted(&format!("{pointer} absent"), |mut good| {
                remove(&mut good, pointer);
                good.to_string()
            });
            self.exchanged(pointer, "null", None);
            for wrong in kind.wrong() {
                self.exchanged(pointer, wrong, Some("wrong-type"));
            }
        }
    }
}

/// The message's text with another text at `pointer`, which need not be JSON.
pub(super) fn exchange(mut message: Value, pointer: &str, text: &str) -> String {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    match message.pointer_mut(parent) {
        Some(Value::Array(items)) => items[name.parse::<usize>().unwrap_or_default()] = json!(MARK),
        Some(fields) => fields[name] = json!(MARK),
        None => {}
    }
    message.to_string().replace(&format!("\"{MARK}\""), text)
}

fn remove(message: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(fields) = message.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(name);
    }
}

/// Path of a field in an error: `/payload/order_items/0/id` is `payload.order_items[0].id`; unknown keys are numbered.
fn path(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1).map(|part| match part.parse::<usize>() {
        Ok(at) => format!("[{at}]"),
        Err(_) if part.len() >= 24 => "[0]".to_owned(),
        Err(_) => format!(".{part}"),
    });
    parts.collect::<String>().trim_start_matches('.').to_owned()
}
