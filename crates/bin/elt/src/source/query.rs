//! Queries of M: their columns, their watermark and its cursor, and their text as COPY takes it.

use tokio_postgres::{Client, Statement, types::Type};

use crate::{
    error::{Error, Result, Server, in_text, source},
    job::{Template, Text},
    source::cursor::{self, Cursor, Place},
    source::time::Kind,
};

/// A query of M and its columns.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// With `$1` for the watermark.
    sql: String,
    pub(crate) columns: Vec<Column>,
    /// The type of the watermark, if the query has one.
    pub(crate) watermark: Option<Kind>,
    /// The column that is the cursor, if it is selected as it is.
    pub(crate) cursor: Option<usize>,
}

/// A column of a query of M.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type in M.
    pub(crate) r#type: Type,
    /// How its values reach A.
    pub(crate) travel: Travel,
}

/// How values of a column reach A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Travel {
    /// As their type, in its binary form.
    Binary,
    /// As text, which their binary form is. To PREPARE they are literals without a type.
    Text,
    /// As text after a cast in M: types that A may not know, or that mean something else there.
    Cast,
}

impl Travel {
    fn of(r#type: &Type) -> Self {
        match *r#type {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Self::Text,
            // OIDs from 10000 on are given out by initdb and differ between releases, from 16384 on by users.
            _ if r#type.oid() >= 10_000 || CAST.contains(r#type) => Self::Cast,
            _ => Self::Binary,
        }
    }
}

/// Built-in types without a binary form that another server understands: object identifiers by another name, and those
/// that PostgreSQL does not read in binary.
const CAST: [Type; 30] = [
    Type::CHAR,
    Type::CHAR_ARRAY,
    Type::REGPROC,
    Type::REGPROC_ARRAY,
    Type::REGPROCEDURE,
    Type::REGPROCEDURE_ARRAY,
    Type::REGOPER,
    Type::REGOPER_ARRAY,
    Type::REGOPERATOR,
    Type::REGOPERATOR_ARRAY,
    Type::REGCLASS,
    Type::REGCLASS_ARRAY,
    Type::REGTYPE,
    Type::REGTYPE_ARRAY,
    Type::REGROLE,
    Type::REGROLE_ARRAY,
    Type::REGNAMESPACE,
    Type::REGNAMESPACE_ARRAY,
    Type::REGCONFIG,
    Type::REGCONFIG_ARRAY,
    Type::REGDICTIONARY,
    Type::REGDICTIONARY_ARRAY,
    Type::REGCOLLATION,
    Type::REGCOLLATION_ARRAY,
    Type::ACLITEM,
    Type::ACLITEM_ARRAY,
    Type::PG_NODE_TREE,
    Type::GTS_VECTOR,
    Type::RECORD,
    Type::RECORD_ARRAY,
];

impl Query {
    /// SELECT_SOURCE_SQL, prepared on M alone, so that nothing but one query reaches COPY.
    pub(crate) async fn source(client: &Client, template: &Template) -> Result<Self> {
        let statement = prepare_with_watermark(client, template).await?;
        let watermark = match statement.params().first() {
            None => None,
            Some(r#type) => Some(Kind::of(r#type).ok_or_else(|| {
                let message = format!("the watermark is of type {type}: compare a timestamp or a date with %s");
                Error::job(message).at("SELECT_SOURCE_SQL", template.line)
            })?),
        };
        let cursor = match watermark {
            Some(kind) => cursor(client, template, &statement, kind).await?,
            None => None,
        };
        Ok(Self { sql: template.sql.clone(), columns: columns(&statement), watermark, cursor })
    }

    /// SELECT_KEYS_SQL.
    pub(crate) async fn keys(client: &Client, text: &Text) -> Result<Self> {
        let refused = in_text(Server::Source, "SELECT_KEYS_SQL", |position| text.line_at(position));
        let statement = client.prepare(&text.sql).await.map_err(refused)?;
        Ok(Self { sql: text.sql.clone(), columns: columns(&statement), watermark: None, cursor: None })
    }

    /// The query from `bound` on, in a form that COPY takes. `condition` restricts it, over columns `s.c1`, `s.c2` ….
    pub(crate) fn select(&self, bound: i64, condition: Option<&str>) -> String {
        let sql = match self.watermark {
            Some(kind) => cursor::bind(&self.sql, &kind.literal(bound)),
            None => self.sql.clone(),
        };
        let casts = self.columns.iter().any(|column| column.travel == Travel::Cast);
        if !casts && condition.is_none() {
            return sql;
        }
        let list = |cast: &str| {
            let name = |(index, column): (usize, &Column)| {
                let cast = if column.travel == Travel::Cast { cast } else { "" };
                format!("s.c{}{cast}", index + 1)
            };
            self.columns.iter().enumerate().map(name).collect::<Vec<_>>().join(", ")
        };
        let names = list("").replace("s.", "");
        let condition = condition.map_or(String::new(), |condition| format!(" WHERE {condition}"));
        format!("SELECT {} FROM ({sql}\n) AS s ({names}){condition}", list("::pg_catalog.text"))
    }
}

/// Prepares the query with its watermark of the type that PostgreSQL infers; if that is no time, as `timestamptz`, then as
/// `timestamp`.
async fn prepare_with_watermark(client: &Client, template: &Template) -> Result<Statement> {
    let refused = in_text(Server::Source, "SELECT_SOURCE_SQL", |position| template.line_at(position));
    // An error ends the transaction, so each attempt has its savepoint.
    client.batch_execute("SAVEPOINT elt_prepare").await.map_err(source("prepare"))?;
    let first = match client.prepare(&template.sql).await {
        Ok(statement) if statement.params().first().is_none_or(|param| Kind::of(param).is_some()) => {
            return Ok(statement);
        }
        other => other,
    };
    for kind in [Kind::TimestampTz, Kind::Timestamp] {
        client.batch_execute("ROLLBACK TO SAVEPOINT elt_prepare").await.map_err(source("prepare"))?;
        if let Ok(statement) = client.prepare_typed(&template.sql, &[kind.to_type()]).await {
            return Ok(statement);
        }
    }
    client.batch_execute("ROLLBACK TO SAVEPOINT elt_prepare").await.map_err(source("prepare"))?;
    first.map_err(refused)
}

fn columns(statement: &Statement) -> Vec<Column> {
    let column = |column: &tokio_postgres::Column| Column {
        name: column.name().to_owned(),
        r#type: column.type_().clone(),
        travel: Travel::of(column.type_()),
    };
    statement.columns().iter().map(column).collect()
}

/// The column of the result that holds the cursor as it is.
async fn cursor(client: &Client, template: &Template, statement: &Statement, kind: Kind) -> Result<Option<usize>> {
    let Some(Cursor { probe, place, .. }) = cursor::find(&template.sql) else { return Ok(None) };
    client.batch_execute("SAVEPOINT elt_probe").await.map_err(source("prepare"))?;
    let Ok(probe) = client.prepare_typed(&probe, &[kind.to_type()]).await else {
        client.batch_execute("ROLLBACK TO SAVEPOINT elt_probe").await.map_err(source("prepare"))?;
        return Ok(None);
    };
    let origin = |column: &tokio_postgres::Column| column.table_oid().zip(column.column_id());
    let Some(wanted) = probe.columns().first().and_then(origin) else { return Ok(None) };
    let is_it = |column: &tokio_postgres::Column| origin(column) == Some(wanted) && *column.type_() == kind.to_type();
    let mut found = statement.columns().iter().enumerate().filter(|(_, column)| is_it(column)).map(|(index, _)| index);
    Ok(match place {
        Place::Item(index) => found.find(|found| *found == index),
        Place::Star => found.next().filter(|_| found.next().is_none()),
        Place::Absent => None,
    })
}
