//! Names of tables and columns as SQL reads them, and their quoting.

use std::fmt;

/// `[schema.]table` as SQL reads it: unquoted names are lower case. Printed quoted, ready for SQL: `"public"."Users"`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema, if one is given. `None`: the first of `search_path` that has the table.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quote(schema))?;
        }
        f.write_str(&quote(&self.table))
    }
}

/// A name in double quotes, ready for SQL.
#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
