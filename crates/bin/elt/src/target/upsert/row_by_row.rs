//! UPSERT_TARGET_SQL for one row after the other, pipelined: what cannot be written over a stage table.

use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream::FuturesOrdered};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use crate::{
    error::{Error, Result, Server, in_text, target},
    job::Template,
    source::query::{Column, Travel},
    source::read::Rows,
    source::tuple::{Malformed, take_tuple},
};

/// How many statements are on their way at once.
const IN_FLIGHT: usize = 256;

/// Prepares the statement for one row: values that travel as text are literals without a type, the others have M's type.
pub(crate) async fn prepare(client: &Client, template: &Template, columns: &[Column]) -> Result<Statement> {
    let declared: Vec<Type> = columns.iter().map(declared).collect();
    let refused = in_text(Server::Target, "UPSERT_TARGET_SQL", |position| template.line_at(position));
    client.prepare_typed(&template.sql, &declared).await.map_err(refused)
}

fn declared(column: &Column) -> Type {
    match column.travel {
        Travel::Binary => column.r#type.clone(),
        Travel::Text | Travel::Cast => Type::UNKNOWN,
    }
}

/// Runs the statement for every row for which `keep` is true. Returns how many rows were written.
pub(crate) async fn run(
    client: &Client,
    statement: &Statement,
    columns: &[Column],
    rows: &mut Rows,
    mut keep: impl FnMut(&[u8]) -> bool,
) -> Result<u64> {
    let texts: Vec<bool> = columns.iter().map(|column| column.travel != Travel::Binary).collect();
    let mut written = 0;
    while let Some(mut batch) = rows.next(&mut keep).await? {
        let mut in_flight = FuturesOrdered::new();
        while let Some(fields) = take_tuple(&mut batch).map_err(|Malformed| Error::job("a tuple is malformed"))? {
            in_flight.push_back(execute(client, statement, values(fields, &texts)));
            if in_flight.len() >= IN_FLIGHT {
                written += in_flight.next().await.transpose()?.unwrap_or(0);
            }
        }
        while let Some(done) = in_flight.next().await {
            written += done?;
        }
    }
    Ok(written)
}

async fn execute(client: &Client, statement: &Statement, values: Vec<Value>) -> Result<u64> {
    let parameters = values.iter().map(|value| value as &(dyn ToSql + Sync));
    match client.execute_raw(statement, parameters.collect::<Vec<_>>()).await {
        Ok(written) => Ok(written),
        Err(error) => {
            let error = target("UPSERT_TARGET_SQL")(error);
            Err(if error.is_about_data() { error.with_row(&describe(&values)) } else { error })
        }
    }
}

fn values(fields: Vec<Option<Bytes>>, texts: &[bool]) -> Vec<Value> {
    let value = |(bytes, text): (Option<Bytes>, &bool)| Value { bytes, text: *text };
    fields.into_iter().zip(texts).map(value).collect()
}

/// A value in the form in which it came.
#[derive(Debug)]
struct Value {
    bytes: Option<Bytes>,
    text: bool,
}

impl ToSql for Value {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match &self.bytes {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if self.text { Format::Text } else { Format::Binary }
    }

    to_sql_checked!();
}

/// A row for `elt.runs`: texts as they are, other values in hexadecimal.
fn describe(values: &[Value]) -> String {
    let value = |value: &Value| match &value.bytes {
        None => "NULL".to_owned(),
        Some(bytes) if value.text => format!("{:?}", String::from_utf8_lossy(bytes)),
        Some(bytes) => format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    };
    let list: Vec<String> = values.iter().map(value).collect();
    format!("({})", list.join(", "))
}
