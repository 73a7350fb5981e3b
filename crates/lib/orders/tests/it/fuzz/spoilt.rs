//! Changed good messages: fields removed, exchanged, repeated, renamed, of other types, with texts and numbers at their
//! limits.

use std::{fmt, fs, path::Path};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

use crate::values::{json, moment, number};

/// A JSON value as text, which can express more than [`Value`]: repeated keys, escapes, malformed numbers.
#[derive(Debug, Clone)]
enum Node {
    Raw(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A change of a value somewhere in a message.
#[derive(Debug, Clone)]
enum Change {
    Replace(Node),
    Drop,
    /// The same key again, after it, with another value; in a list, another entry.
    Repeat(Node),
    Rename(String),
    /// Nested this many times.
    Wrap(usize),
}

/// Values at the limits, one per line. Not all of them are JSON.
const EDGES: &str = include_str!("../../edges.txt");

/// A message of this kind with up to four changes, and sometimes a few exchanged bytes.
pub(crate) fn message(kind: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<Index>(), change()), 0..=4);
    let bytes = prop_oneof![9 => Just(Vec::new()), 1 => vec((any::<Index>(), any::<u8>()), 1..4)];
    (select(corpus(kind)), changes, bytes).prop_map(|(mut message, changes, bytes)| {
        for (place, change) in changes {
            let mut places = place.index(message.count().max(1));
            message.change(&mut places, &change);
        }
        let mut text = message.to_string().into_bytes();
        for (place, byte) in bytes {
            let at = place.index(text.len());
            text[at] = byte;
        }
        text
    })
}

/// The messages to change: every good message of the kind that is not too long.
fn corpus(kind: &str) -> Vec<Node> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let messages = files.iter().map(|file| fs::read_to_string(file).unwrap()).filter(|text| text.len() < 4000);
    messages.map(|text| serde_json::from_str::<Value>(&text).unwrap().into()).collect()
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => value().prop_map(Change::Replace),
        2 => Just(Change::Drop),
        3 => value().prop_map(Change::Repeat),
        1 => json().prop_map(|key| Change::Rename(Value::from(key.to_string()).to_string())),
        1 => (1..140_usize).prop_map(Change::Wrap),
    ]
}

fn value() -> impl Strategy<Value = Node> {
    prop_oneof![
        8 => select(EDGES.lines().collect::<Vec<_>>()).prop_map(|edge| Node::Raw(edge.to_owned())),
        2 => number().prop_map(|number| Node::Raw(number.to_string())),
        2 => moment().prop_map(|moment| Node::Raw(Value::from(moment).to_string())),
        1 => (250..260_usize, select(&["a", "ё", "💎"][..])).prop_map(|(n, c)| Node::Raw(format!("\"{}\"", c.repeat(n)))),
        1 => ".{0,300}".prop_map(|text| Node::Raw(Value::from(text).to_string())),
        3 => json().prop_map(Node::from),
    ]
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                let field = |(key, value)| (Value::String(key).to_string(), Self::from(value));
                Self::Object(fields.into_iter().map(field).collect())
            }
            other => Self::Raw(other.to_string()),
        }
    }
}

impl Node {
    /// The number of values inside.
    fn count(&self) -> usize {
        match self {
            Self::Raw(_) => 0,
            Self::List(items) => items.iter().map(|item| 1 + item.count()).sum(),
            Self::Object(fields) => fields.iter().map(|(_, value)| 1 + value.count()).sum(),
        }
    }

    /// Changes the value at this position. Returns whether it was here.
    fn change(&mut self, places: &mut usize, change: &Change) -> bool {
        let is_here = |places: &mut usize| places.checked_sub(1).map(|left| *places = left).is_none();
        match self {
            Self::Raw(_) => false,
            Self::List(items) => {
                for at in 0..items.len() {
                    if is_here(places) {
                        match change {
                            Change::Drop => drop(items.remove(at)),
                            Change::Repeat(other) => items.insert(at + 1, other.clone()),
                            _ => items[at].become_changed(change),
                        }
                        return true;
                    }
                    if items[at].change(places, change) {
                        return true;
                    }
                }
                false
            }
            Self::Object(fields) => {
                for at in 0..fields.len() {
                    if is_here(places) {
                        match change {
                            Change::Drop => drop(fields.remove(at)),
                            Change::Repeat(other) => fields.insert(at + 1, (fields[at].0.clone(), other.clone())),
                            Change::Rename(key) => fields[at].0.clone_from(key),
                            _ => fields[at].1.become_changed(change),
                        }
                        return true;
                    }
                    if fields[at].1.change(places, change) {
                        return true;
                    }
                }
                false
            }
        }
    }

    fn become_changed(&mut self, change: &Change) {
        match change {
            Change::Replace(other) => *self = other.clone(),
            Change::Wrap(times) => {
                for _ in 0..*times {
                    *self = Self::List(vec![std::mem::replace(self, Self::Raw(String::new()))]);
                }
            }
            Change::Drop | Change::Repeat(_) | Change::Rename(_) => {}
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(text) => out.write_str(text),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(out, "[{}]", items.join(","))
            }
            Self::Object(fields) => {
                let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                write!(out, "{{{}}}", fields.join(","))
            }
        }
    }
}
