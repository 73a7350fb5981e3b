//! The target table in A: whether it exists, its columns, what the upsert needs to know of them.

use tokio_postgres::{Client, Row, types::FromSql};

use crate::{
    error::{Error, Result, target},
    job::{ConflictTarget, DELETED_AT, SetBased, TableName, quote},
    source::query::{self, Query, Travel},
};

pub(crate) mod upsert;

const TARGET: &str = include_str!("../../../../sql/elt/target/select_target.sql");
const COLUMNS: &str = include_str!("../../../../sql/elt/target/select_target_columns.sql");
const CONSTRAINT: &str = include_str!("../../../../sql/elt/target/select_constraint_columns.sql");

/// The target table as A's catalog describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) oid: u32,
    /// Its name, quoted, with its schema.
    pub(crate) name: String,
    /// Partitioned: its rows have no system columns in RETURNING.
    pub(crate) partitioned: bool,
    /// No rules and no row security, so that COPY does the same as INSERT.
    pub(crate) plain: bool,
    pub(crate) columns: Vec<Column>,
}

/// A column of the target table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) type_oid: u32,
    /// Its type with its modifier: `numeric(10,2)`.
    pub(crate) r#type: String,
    /// Its type without: a cast to it neither pads nor cuts.
    pub(crate) loose_type: String,
    /// A cast to the type with its modifier cuts what an INSERT refuses.
    pub(crate) cut_by_casts: bool,
    /// The length of `character(n)`.
    pub(crate) bpchar_length: Option<i32>,
    /// Under its collation, texts are equal only if their bytes are.
    pub(crate) deterministic: bool,
    pub(crate) not_null: bool,
    pub(crate) always_identity: bool,
    pub(crate) generated: bool,
}

/// Looks the table up; `None` if it does not exist.
pub(crate) async fn find(client: &Client, name: &TableName) -> Result<Option<Target>> {
    let Some(row) = client.query_opt(TARGET, &[&name.to_string()]).await.map_err(target("look up the table"))? else {
        return Ok(None);
    };
    let (schema, table): (String, String) = (get(&row, "schema")?, get(&row, "name")?);
    let kind: String = get(&row, "kind")?;
    let oid = get(&row, "oid")?;
    let rows = client.query(COLUMNS, &[&oid]).await.map_err(target("look up the columns"))?;
    Ok(Some(Target {
        oid,
        name: format!("{}.{}", quote(&schema), quote(&table)),
        partitioned: kind == "p",
        plain: get(&row, "plain")?,
        columns: rows.iter().map(column).collect::<Result<_>>()?,
    }))
}

/// TARGET_TABLE with its schema: that of the table if it exists, else the one in which it will be created.
pub(crate) async fn name(client: &Client, wanted: &TableName) -> Result<String> {
    if let Some(table) = find(client, wanted).await? {
        return Ok(table.name);
    }
    let schema = match &wanted.schema {
        Some(schema) => schema.clone(),
        None => {
            let row = client.query_one("SELECT current_schema()::text", &[]).await.map_err(target("begin"))?;
            let schema: Option<String> = row.try_get(0).map_err(target("begin"))?;
            schema.ok_or_else(|| Error::job("search_path names no schema: name one in TARGET_TABLE"))?
        }
    };
    Ok(format!("{}.{}", quote(&schema), quote(&wanted.table)))
}

fn column(row: &Row) -> Result<Column> {
    Ok(Column {
        name: get(row, "name")?,
        type_oid: get(row, "type_oid")?,
        r#type: get(row, "type")?,
        loose_type: get(row, "loose_type")?,
        cut_by_casts: get(row, "cut_by_casts")?,
        bpchar_length: get(row, "bpchar_length")?,
        deterministic: get(row, "deterministic")?,
        not_null: get(row, "not_null")?,
        always_identity: get(row, "always_identity")?,
        generated: get(row, "generated")?,
    })
}

/// A column of a row of A.
pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, name: &str) -> Result<T> {
    row.try_get(name).map_err(target("read a row"))
}

impl Target {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that the list after VALUES fills, in its order.
    pub(crate) fn listed(&self, upsert: &SetBased, query: &Query) -> Result<Vec<Column>> {
        if upsert.columns.is_empty() {
            return Ok(self.columns.iter().take(upsert.values.len()).cloned().collect());
        }
        let find = |(name, value): (&String, &crate::job::Value)| {
            self.column(name)
                .cloned()
                .ok_or_else(|| self.missing(name, value.bare.and_then(|index| query.columns.get(index))))
        };
        upsert.columns.iter().zip(&upsert.values).map(find).collect()
    }

    /// The key columns, in the order of KEY_COLUMNS.
    pub(crate) fn keys(&self, names: &[String]) -> Result<Vec<Column>> {
        names.iter().map(|name| self.column(name).cloned().ok_or_else(|| self.missing(name, None))).collect()
    }

    /// The columns of ON CONFLICT as places of `listed`, if they are plain columns of the list with one row at most per
    /// value.
    pub(crate) async fn conflict(
        &self,
        client: &Client,
        upsert: &SetBased,
        listed: &[Column],
    ) -> Result<Option<Vec<usize>>> {
        let names = match &upsert.conflict {
            Some(ConflictTarget::Columns { names, predicate: None }) => names.clone(),
            Some(ConflictTarget::Constraint(name)) => {
                let rows =
                    client.query(CONSTRAINT, &[&self.oid, name]).await.map_err(target("look up a constraint"))?;
                rows.iter().map(|row| row.try_get(0).map_err(target("read a row"))).collect::<Result<_>>()?
            }
            _ => return Ok(None),
        };
        let place = |name: &String| listed.iter().position(|column| column.name == *name);
        let places: Option<Vec<usize>> = names.iter().map(place).collect();
        Ok(places.filter(|places| !places.is_empty()))
    }

    /// A column that should be there, with the statement that adds it.
    pub(crate) fn missing(&self, name: &str, source: Option<&query::Column>) -> Error {
        let r#type = match source {
            Some(column) if column.travel == Travel::Cast => "text".to_owned(),
            Some(column) => column.r#type.name().to_owned(),
            None if name == DELETED_AT => "timestamptz".to_owned(),
            None => "…".to_owned(),
        };
        let table = &self.name;
        let column = quote(name);
        Error::job(format!(
            "{table} has no column {column}: ALTER TABLE {table} ADD COLUMN {column} {type}, and change CREATE_TABLE_SQL"
        ))
    }
}

#[cfg(test)]
impl Column {
    /// A nullable column of a built-in type, for tests.
    pub(crate) fn of_type(name: &str, type_oid: u32) -> Self {
        Self {
            name: name.to_owned(),
            type_oid,
            r#type: String::new(),
            loose_type: String::new(),
            cut_by_casts: false,
            bpchar_length: None,
            deterministic: true,
            not_null: false,
            always_identity: false,
            generated: false,
        }
    }
}
