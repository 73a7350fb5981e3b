//! The text of a new job file. Pure.

use crate::job::quote;

/// A table of M.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) columns: Vec<Column>,
}

/// A column of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type in A: `text` for types that A may not know.
    pub(super) r#type: String,
    pub(super) not_null: bool,
    /// It belongs to the primary key, or to the unique index that stands for it.
    pub(super) is_key: bool,
}

/// Names of columns that usually hold the time of the last change, the most usual first.
const CURSORS: [&str; 9] = [
    "updated_at",
    "modified_at",
    "changed_at",
    "update_ts",
    "updated",
    "modified",
    "last_update",
    "last_updated",
    "last_modified",
];

/// A name as SQL needs it.
pub(super) fn written(name: &str) -> String {
    let plain = name
        .chars()
        .enumerate()
        .all(|(place, character)| matches!(character, 'a'..='z' | '_') || (place > 0 && character.is_ascii_digit()));
    if plain && !RESERVED.contains(&name) { name.to_owned() } else { quote(name) }
}

/// Words that are no names of columns unless they are quoted.
const RESERVED: [&str; 22] = [
    "all",
    "and",
    "as",
    "case",
    "check",
    "column",
    "default",
    "desc",
    "do",
    "end",
    "from",
    "group",
    "limit",
    "offset",
    "or",
    "order",
    "primary",
    "references",
    "select",
    "table",
    "user",
    "when",
];

impl Table {
    /// The table in queries of M.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", written(&self.schema), written(&self.table))
    }

    /// TARGET_TABLE: the same name, without the schema if that is `public`.
    pub(super) fn target(&self) -> String {
        if self.schema == "public" { written(&self.table) } else { self.name() }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        self.columns.iter().filter(|column| column.is_key).map(|column| written(&column.name))
    }

    fn cursor(&self) -> Option<String> {
        let times: Vec<&str> = self
            .columns
            .iter()
            .filter(|column| column.r#type.starts_with("timestamp"))
            .map(|column| column.name.as_str())
            .collect();
        let usual = CURSORS.iter().find(|name| times.contains(name)).copied();
        usual
            .or_else(|| times.iter().find(|name| name.contains("updat") || name.contains("modif")).copied())
            .map(written)
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| written(&column.name)).collect()
    }

    pub(super) fn create_table(&self) -> String {
        let column = |column: &Column| {
            let not_null = if column.not_null { " NOT NULL" } else { "" };
            format!("    {} {}{not_null},\n", written(&column.name), column.r#type)
        };
        let columns: String = self.columns.iter().map(column).collect();
        let keys: Vec<String> = self.keys().collect();
        format!("CREATE TABLE IF NOT EXISTS {} (\n{columns}    PRIMARY KEY ({})\n)", self.target(), keys.join(", "))
    }

    pub(super) fn select_source(&self) -> String {
        let condition = self.cursor().map_or(String::new(), |cursor| format!("\nWHERE {cursor} > %s"));
        escaped(&format!("SELECT {}\nFROM {}", self.names().join(", "), self.name())) + &condition
    }

    pub(super) fn upsert_target(&self) -> String {
        let (names, keys): (Vec<String>, Vec<String>) = (self.names(), self.keys().collect());
        let sets: Vec<String> = names
            .iter()
            .filter(|name| !keys.contains(name))
            .map(|name| format!("    {name} = EXCLUDED.{name}"))
            .collect();
        let action =
            if sets.is_empty() { "DO NOTHING".to_owned() } else { format!("DO UPDATE SET\n{}", sets.join(",\n")) };
        let values = vec!["%s"; names.len()].join(", ");
        let head = escaped(&format!("INSERT INTO {} ({})", self.target(), names.join(", ")));
        format!("{head}\nVALUES ({values})\nON CONFLICT ({}) {}", escaped(&keys.join(", ")), escaped(&action))
    }

    pub(super) fn select_keys(&self) -> String {
        format!("SELECT {} FROM {}", self.keys().collect::<Vec<_>>().join(", "), self.name())
    }

    /// The whole file.
    pub(super) fn yaml(&self) -> String {
        let comment = match self.cursor() {
            Some(_) => "",
            None => "# No column seems to hold the time of the last change, so the whole table is read each time.\n",
        };
        let keys: Vec<String> = self.keys().map(|key| quoted(&key)).collect();
        format!(
            "# Copies {} of the source database. Check it: elt-service validate FILE\n{comment}CREATE_TABLE_SQL: |\n{}SELECT_SOURCE_SQL: \
             |\n{}UPSERT_TARGET_SQL: |\n{}SELECT_KEYS_SQL: |\n{}TARGET_TABLE: {}\nKEY_COLUMNS: [{}]\n",
            self.name().replace(['\n', '\r'], " "),
            block(&self.create_table()),
            block(&self.select_source()),
            block(&self.upsert_target()),
            block(&self.select_keys()),
            quoted(&self.target()),
            keys.join(", ")
        )
    }
}

/// `%` is the mark of placeholders in two of the statements.
fn escaped(sql: &str) -> String {
    sql.replace('%', "%%")
}

/// Lines of a block.
fn block(sql: &str) -> String {
    sql.lines().map(|line| format!("  {line}\n")).collect()
}

/// A name as YAML needs it: names with quotation marks are text in single ones.
fn quoted(name: &str) -> String {
    if name.contains('"') { format!("'{}'", name.replace('\'', "''")) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Column, Table};
    use crate::job::{ConflictTarget, Job};

    fn table(columns: &[(&str, &str, bool)]) -> Table {
        let column = |(name, r#type, is_key): &(&str, &str, bool)| Column {
            name: (*name).to_owned(),
            r#type: (*r#type).to_owned(),
            not_null: *is_key,
            is_key: *is_key,
        };
        Table { schema: "public".to_owned(), table: "orders".to_owned(), columns: columns.iter().map(column).collect() }
    }

    #[test]
    fn a_file_is_a_job_that_copies_the_table() {
        let table = table(&[
            ("id", "bigint", true),
            ("title", "text", false),
            ("updated_at", "timestamp without time zone", false),
        ]);
        insta::assert_snapshot!(table.yaml());
        let job = Job::parse("jobs/orders.yaml", table.yaml().as_bytes()).unwrap();
        assert_eq!((job.warnings.len(), job.key_columns.as_slice()), (0, ["id".to_owned()].as_slice()));
        assert!(job.upsert.set_based.is_ok());
    }

    #[test]
    fn names_are_quoted_and_a_table_without_a_timestamp_is_read_whole() {
        let table =
            Table { schema: "My Schema".to_owned(), ..table(&[("user", "text", true), ("100 %'s", "text", true)]) };
        let yaml = table.yaml();
        let job =
            Job::parse("jobs/orders.yaml", yaml.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}\n{yaml}"));
        assert_eq!(job.key_columns, ["user", "100 %'s"]);
        let set_based = job.upsert.set_based.unwrap();
        assert_eq!(set_based.columns, ["user", "100 %'s"]);
        assert!(
            matches!(set_based.conflict, Some(ConflictTarget::Columns { names, .. }) if names == set_based.columns)
        );
        assert!(yaml.contains("# No column seems"), "{yaml}");
    }
}
