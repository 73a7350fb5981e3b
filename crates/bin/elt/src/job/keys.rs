//! The keys of a job file: which there are, which are required, and which one was probably meant.

use super::{
    document::{Entry, Value},
    problem::Report,
    text::Source,
};

pub(crate) const CREATE_TABLE_SQL: &str = "CREATE_TABLE_SQL";
pub(crate) const SELECT_SOURCE_SQL: &str = "SELECT_SOURCE_SQL";
pub(crate) const UPSERT_TARGET_SQL: &str = "UPSERT_TARGET_SQL";
pub(crate) const SELECT_KEYS_SQL: &str = "SELECT_KEYS_SQL";
pub(crate) const TARGET_TABLE: &str = "TARGET_TABLE";
pub(crate) const KEY_COLUMNS: &str = "KEY_COLUMNS";
pub(crate) const LAG: &str = "LAG";
pub(crate) const DELETE: &str = "DELETE";
pub(crate) const EVERY: &str = "EVERY";
pub(crate) const DELETE_EVERY: &str = "DELETE_EVERY";
pub(crate) const MAX_DELETE_RATIO: &str = "MAX_DELETE_RATIO";
pub(crate) const TIMEOUT: &str = "TIMEOUT";

const REQUIRED: [&str; 6] =
    [CREATE_TABLE_SQL, SELECT_SOURCE_SQL, UPSERT_TARGET_SQL, SELECT_KEYS_SQL, TARGET_TABLE, KEY_COLUMNS];

const OPTIONAL: [&str; 6] = [LAG, DELETE, EVERY, DELETE_EVERY, MAX_DELETE_RATIO, TIMEOUT];

/// The keys of a file, each of them known.
pub(crate) struct Keys {
    entries: Vec<Entry>,
}

impl Keys {
    /// Reports keys that are unknown, missing, or given twice; of those given twice the first one is kept.
    pub(crate) fn new(entries: Vec<Entry>, report: &mut Report) -> Self {
        let mut kept: Vec<Entry> = Vec::new();
        for entry in entries {
            let first = kept.iter().find(|kept| kept.key == entry.key).map(|first| first.line);
            if !all().any(|key| key == entry.key) {
                report.error(Some(&shown(&entry.key)), entry.line, unknown(&entry.key));
            } else if let Some(first) = first {
                let message = format!("the key is in line {first} already: remove one of the two");
                report.error(Some(&entry.key), entry.line, message);
            } else {
                kept.push(entry);
            }
        }
        for key in REQUIRED.iter().filter(|key| !kept.iter().any(|entry| entry.key == **key)) {
            report.error(Some(key), 1, "the key is missing: add it");
        }
        Self { entries: kept }
    }

    /// The line of a key, if it is there.
    pub(crate) fn line(&self, key: &str) -> Option<u32> {
        self.entry(key).map(|entry| entry.line)
    }

    /// The text of a key, if it is there and a text.
    pub(crate) fn text(&self, key: &str, report: &mut Report) -> Option<&Source> {
        let entry = self.entry(key)?;
        if let Value::Text(source) = &entry.value {
            return Some(source);
        }
        report.error(Some(key), entry.line, not_text(&entry.value, "text"));
        None
    }

    /// The text or the texts of a key, if it is there.
    pub(crate) fn list(&self, key: &str, report: &mut Report) -> Option<Vec<&Source>> {
        let entry = self.entry(key)?;
        match &entry.value {
            Value::Text(source) => return Some(vec![source]),
            Value::List(sources) if !sources.is_empty() => return Some(sources.iter().collect()),
            Value::List(_) => report.error(Some(key), entry.line, "the list is empty: name one column at least"),
            other => report.error(Some(key), entry.line, not_text(other, "text or a list of texts")),
        }
        None
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

fn all() -> impl Iterator<Item = &'static str> {
    REQUIRED.into_iter().chain(OPTIONAL)
}

fn not_text(value: &Value, wanted: &str) -> String {
    match value {
        Value::Null if wanted == "text" => "the key has no value: write one, or remove the key".to_owned(),
        Value::Null => format!("the key has no value: write {wanted}"),
        Value::List(_) => format!("the value is a list: write {wanted}"),
        Value::Other(what) => format!("the value {what}: write {wanted}"),
        Value::Text(_) => String::new(),
    }
}

fn unknown(key: &str) -> String {
    let upper: String = key.chars().take(64).flat_map(char::to_uppercase).collect();
    let nearest = all().map(|known| (distance(&upper, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= known.len() / 2 => {
            format!("there is no such key: write {known} if that is meant, or remove it")
        }
        _ => format!("there is no such key: remove it (there are {})", all().collect::<Vec<_>>().join(", ")),
    }
}

fn shown(key: &str) -> String {
    key.chars().map(|c| if c.is_control() { ' ' } else { c }).take(64).collect()
}

/// How many characters must be put in, left out or changed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, b) in other.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(0);
            let left = row.get(j).copied().unwrap_or(0);
            let cost = (diagonal + usize::from(a != *b)).min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = cost;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}
