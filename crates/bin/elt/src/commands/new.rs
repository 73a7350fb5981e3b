//! `new`: a job file for a table of M, from its catalog.

use std::io::Write;

use clap::Args;
use runtime::{CommandSettings, ExitError, StartupError};
use tokio_postgres::Client;

use self::{
    file::{Column, Table},
    json::JobFile,
};
use super::outcome;
use crate::{
    error::{Error, Result, source},
    service::settings::SourceSettings,
};

mod file;
mod json;

const TABLE: &str = include_str!("../../../../../sql/elt/source/select_source_table.sql");
const COLUMNS: &str = include_str!("../../../../../sql/elt/source/select_source_columns.sql");

/// SQLSTATE of a name that PostgreSQL cannot read.
const INVALID_NAME: &str = "42602";

/// The table.
#[derive(Debug, Args)]
pub struct New {
    /// Table of the source database, for example `orders` or `sales.orders`.
    #[arg(value_name = "TABLE")]
    table: String,

    /// Prints the job file as JSON.
    #[arg(long)]
    json: bool,
}

impl New {
    pub(super) async fn act(self, settings: &CommandSettings, out: &mut impl Write) -> anyhow::Result<()> {
        let source = settings.read::<SourceSettings>()?.connection()?;
        let connected = database::connect(&source).await;
        let connection = connected.map_err(|error| ExitError::from(StartupError::from(error)))?;
        let found = look_up(&connection.client, &self.table).await;
        let refused = |error: Error| match error.is(INVALID_NAME) {
            true => ExitError::Unavailable(format!("{} is no name of a table{}", self.table, quoting(&self.table))),
            false => ExitError::Unavailable(error.to_string()),
        };
        let table = found.map_err(refused)?.ok_or_else(|| {
            let table = &self.table;
            ExitError::Unavailable(format!(
                "SOURCE_DATABASE_URL: there is no table {table}; look at its name and its schema{}",
                quoting(table)
            ))
        })?;
        if table.keys().next().is_none() {
            let name = table.name();
            let message = format!(
                "{name} has neither a primary key nor a unique index of NOT NULL columns, which ON CONFLICT needs: add one, or write the \
                 job file by hand"
            );
            return Err(ExitError::Unavailable(message).into());
        }
        match self.json {
            true => Ok(outcome::json_line(&JobFile::of(&table), out)?),
            false => Ok(write!(out, "{}", table.yaml())?),
        }
    }
}

/// Advice for a name that needs quotes and has none.
fn quoting(name: &str) -> String {
    let plain = name.chars().all(|c| !c.is_uppercase() && (c.is_alphanumeric() || "_$.".contains(c)));
    match plain || name.contains('"') {
        true => String::new(),
        false => format!("; a name with capitals, blanks or signs needs double quotes: `elt-service new '\"{name}\"'`"),
    }
}

/// The table as M's catalog describes it.
async fn look_up(client: &Client, name: &str) -> Result<Option<Table>> {
    let step = "look up the table";
    // Behind a pooler, named statements work within a transaction only. It ends with the connection.
    client.batch_execute("BEGIN READ ONLY; DEALLOCATE ALL").await.map_err(source(step))?;
    let Some(row) = client.query_opt(TABLE, &[&name]).await.map_err(source(step))? else { return Ok(None) };
    let oid: u32 = row.try_get(0).map_err(source(step))?;
    let (schema, table) = (row.try_get(1).map_err(source(step))?, row.try_get(2).map_err(source(step))?);
    let column = |row: &tokio_postgres::Row| -> Result<Column> {
        Ok(Column {
            name: row.try_get(0).map_err(source(step))?,
            r#type: row.try_get(1).map_err(source(step))?,
            not_null: row.try_get(2).map_err(source(step))?,
            is_key: row.try_get(3).map_err(source(step))?,
        })
    };
    let rows = client.query(COLUMNS, &[&oid]).await.map_err(source(step))?;
    Ok(Some(Table { schema, table, columns: rows.iter().map(column).collect::<Result<_>>()? }))
}
