//! An INSERT taken apart, so that it can be written for all rows of a stage table.

use super::sql::name::TableName;

/// `INSERT INTO t (columns) VALUES (values) ON CONFLICT …`: everything needed to build a statement over a stage table.
/// No piece ends in a line comment, so pieces may be joined by a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBased {
    /// Up to VALUES: `INSERT INTO products AS p (product_id, title) OVERRIDING SYSTEM VALUE`.
    pub head: String,
    /// The table that the INSERT names.
    pub table: TableName,
    /// The alias after AS, as SQL reads it.
    pub alias: Option<String>,
    /// The column list as SQL reads names. Empty: none is given, and the values go to the table's first columns.
    pub columns: Vec<String>,
    /// The list after VALUES. As many as `columns`, unless that is empty.
    pub values: Vec<Value>,
    /// What ON CONFLICT names. `None`: nothing (`ON CONFLICT DO NOTHING`).
    pub conflict: Option<ConflictTarget>,
    /// From ON CONFLICT on: `ON CONFLICT (product_id) DO UPDATE SET title = EXCLUDED.title`.
    pub tail: String,
}

/// One expression of the list after VALUES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The expression in order: SQL, placeholders.
    pub parts: Vec<Part>,
    /// The expression is this placeholder and nothing else: its index, from 0.
    pub bare: Option<usize>,
}

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// SQL as written, without comments.
    Sql(String),
    /// A placeholder by its index, from 0: the column of SELECT_SOURCE_SQL.
    Placeholder(usize),
}

/// What ON CONFLICT names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictTarget {
    /// `(a, b)`, with the condition of a partial index as written (without WHERE).
    Columns {
        /// The columns as SQL reads names.
        names: Vec<String>,
        /// `active` of `ON CONFLICT (email) WHERE active`.
        predicate: Option<String>,
    },
    /// `ON CONSTRAINT name`: the name as SQL reads it.
    Constraint(String),
    /// An expression, a collation or an operator class is in the list, which is given as written, with its brackets and
    /// its WHERE: `(lower(email))`.
    Expressions(String),
}

impl SetBased {
    /// `INSERT … SELECT list FROM stage ON CONFLICT …`. `stage` is all that follows FROM, with WHERE and ORDER BY if it
    /// has any; `placeholder` gives the SQL for a placeholder by its index, from 0 (`s."c3"::text`).
    #[must_use]
    pub fn select_from(&self, stage: &str, placeholder: impl Fn(usize) -> String) -> String {
        let list: Vec<String> = self.values.iter().map(|value| value.render(&placeholder)).collect();
        format!("{} SELECT {} FROM {stage} {}", self.head, list.join(", "), self.tail)
    }
}

impl Value {
    /// The expression with SQL in place of its placeholders; in brackets, so that `%s[1]` keeps its meaning.
    #[must_use]
    pub fn render(&self, placeholder: impl Fn(usize) -> String) -> String {
        let part = |part: &Part| match part {
            Part::Sql(text) => text.clone(),
            Part::Placeholder(index) => format!("({})", placeholder(*index)),
        };
        self.parts.iter().map(part).collect()
    }
}
