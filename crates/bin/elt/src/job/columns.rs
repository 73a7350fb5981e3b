//! The columns that M answers with, against the placeholders of UPSERT_TARGET_SQL and against KEY_COLUMNS.

use super::set_based::SetBased;

/// Says what is wrong if UPSERT_TARGET_SQL has not one placeholder for each column of SELECT_SOURCE_SQL.
pub(crate) fn check_count(placeholders: usize, insert: Option<&SetBased>, columns: &[String]) -> Option<String> {
    let count = columns.len();
    let counts = format!("{} for {} of SELECT_SOURCE_SQL", many(placeholders, "placeholder"), many(count, "column"));
    if placeholders > count {
        let surplus = placeholders - count;
        return Some(format!("{counts}: remove {}, or select {}", one(surplus), many_more(surplus)));
    }
    if placeholders == count {
        return None;
    }
    let left = left_over(placeholders, insert, columns);
    let verb = if left.len() == 1 { "is" } else { "are" };
    Some(format!("{counts} ({} {verb} left over): add {}", left.join(", "), one(count - placeholders)))
}

/// Warns of columns whose value goes to a column of another name although theirs is there too.
pub(crate) fn check_order(insert: &SetBased, columns: &[String]) -> Vec<String> {
    let misplaced = |(into, value): (&String, &super::set_based::Value)| {
        let from = columns.get(value.bare?)?;
        (from != into && insert.columns.contains(from) && columns.contains(into))
            .then(|| format!("{from} of SELECT_SOURCE_SQL is written to {into}: name the columns of both in one order"))
    };
    insert.columns.iter().zip(&insert.values).filter_map(misplaced).collect()
}

/// Says what is wrong if the columns of SELECT_KEYS_SQL are not KEY_COLUMNS.
pub(crate) fn check_keys(key_columns: &[String], columns: &[String]) -> Option<String> {
    let keys = key_columns.join(", ");
    if key_columns.len() != columns.len() {
        let (found, wanted) = (many(columns.len(), "column"), many(key_columns.len(), "column"));
        return Some(format!("{found} ({}), but KEY_COLUMNS has {wanted} ({keys}): select these", columns.join(", ")));
    }
    let (at, (key, column)) = key_columns.iter().zip(columns).enumerate().find(|(_, (key, column))| key != column)?;
    let remedy = match key_columns.contains(column) {
        true => "use one order in both".to_owned(),
        false if key.eq_ignore_ascii_case(column) => {
            format!("a name with capitals needs double quotes, '\"{column}\"'")
        }
        false => "use one name in both (AS)".to_owned(),
    };
    Some(format!("column {} is {column}, but KEY_COLUMNS ({keys}) has {key} there: {remedy}", at + 1))
}

/// The columns without a placeholder: those that the INSERT does not name, if that tells, else the last ones.
fn left_over(placeholders: usize, insert: Option<&SetBased>, columns: &[String]) -> Vec<String> {
    let named = insert.map(|insert| insert.columns.as_slice()).unwrap_or_default();
    let unnamed: Vec<String> = columns.iter().filter(|column| !named.contains(column)).cloned().collect();
    if unnamed.len() == columns.len() - placeholders {
        return unnamed;
    }
    columns.get(placeholders..).unwrap_or_default().to_vec()
}

/// A number in a sentence: `one`, `2`.
pub(crate) fn one(count: usize) -> String {
    if count == 1 { "one".to_owned() } else { count.to_string() }
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn many_more(count: usize) -> String {
    if count == 1 { "one more column".to_owned() } else { format!("{count} more columns") }
}
