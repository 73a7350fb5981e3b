//! Changes of a segment with its settings, as API v2 makes them: create, configure, delete, restore.

use consumer::Failure;
use database::{Row, Statement, Transaction, get, statement};
use serde_json::{Value, json};

use super::{
    Cause, Change, Error,
    segment::{self, AlreadyExists, CannotDelete},
};

const INSERT: Statement = statement!("segments/segments/insert_segment");
const SELECT: Statement = statement!("segments/segments/select_segment_config");
const UPDATE: Statement = statement!("segments/segments/update_segment_config");
const RESTORE: Statement = statement!("segments/segments/restore_segment");

/// The settings of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// For people.
    pub description: Option<String>,
    /// For people.
    pub context: Option<String>,
    /// The table that a procedure fills.
    pub table_name: Option<String>,
    /// Whether it is refreshed.
    pub refresh_auto: bool,
    /// What its members follow from, as JSON.
    pub refresh_params: Option<String>,
    /// When it is refreshed.
    pub refresh_cron: Option<String>,
    /// What has to be fresh.
    pub sources: Vec<String>,
}

/// Why a segment cannot be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CannotRestore {
    /// There is none with this name.
    Unknown,
    /// It is not deleted.
    Alive,
}

impl Change {
    /// Creates a segment.
    ///
    /// # Errors
    /// The name is taken, also by a deleted segment, or the database does not answer.
    pub async fn create_segment(&self, name: &str, config: &Config, cause: &Cause) -> Result<(), Error<AlreadyExists>> {
        let transaction = &self.transaction;
        let rows = transaction.query(&INSERT, [&name]).await?;
        let Some(row) = rows.first() else { return Err(Error::Rejected(AlreadyExists)) };
        let id = get(row, 0)?;
        let (_, now) = segment::lock(transaction, id).await?;
        segment::record(transaction, "create_segment", id, now, cause, detail(name, config)).await?;
        if *config != Config::default() {
            update(transaction, id, config).await?;
        }
        Ok(())
    }

    /// Changes the settings of a segment. `decide` sees the present ones.
    ///
    /// # Errors
    /// That of `decide`; `Rejected(Err(_))`: there is no such segment, or it is deleted; the database does not answer.
    pub async fn configure<E>(
        &self,
        name: &str,
        cause: &Cause,
        decide: impl FnOnce(Config) -> Result<Config, E>,
    ) -> Result<(), Error<Result<E, CannotDelete>>> {
        let transaction = &self.transaction;
        let Some(id) = segment::find(transaction, name).await? else {
            return Err(Error::Rejected(Err(CannotDelete::Unknown)));
        };
        let (_, now) = segment::lock(transaction, id).await?;
        let rows = transaction.query(&SELECT, [&id]).await?;
        let Some(row) = rows.first().filter(|row| get(row, 0).unwrap_or(false)) else {
            return Err(Error::Rejected(Err(CannotDelete::Deleted)));
        };
        let before = config(row)?;
        let after = decide(before.clone()).map_err(|rejected| Error::Rejected(Ok(rejected)))?;
        if after != before {
            segment::record(transaction, "configure_segment", id, now, cause, detail(name, &after)).await?;
            update(transaction, id, &after).await?;
        }
        Ok(())
    }

    /// Deletes a segment, see [`super::Changes::delete_segment`].
    ///
    /// # Errors
    /// There is no such segment, or the database does not answer.
    pub async fn delete_segment(&self, name: &str, cause: &Cause) -> Result<(), Error<CannotDelete>> {
        segment::delete(&self.transaction, name, cause).await
    }

    /// Restores a deleted segment with its settings, without members.
    ///
    /// # Errors
    /// There is no deleted segment of that name, or the database does not answer.
    pub async fn restore_segment(&self, name: &str, cause: &Cause) -> Result<(), Error<CannotRestore>> {
        let transaction = &self.transaction;
        let Some(id) = segment::find(transaction, name).await? else {
            return Err(Error::Rejected(CannotRestore::Unknown));
        };
        let (segment, now) = segment::lock(transaction, id).await?;
        if segment.is_some_and(|segment| segment.is_alive) {
            return Err(Error::Rejected(CannotRestore::Alive));
        }
        segment::record(transaction, "restore_segment", id, now, cause, json!({ "name": name })).await?;
        transaction.execute(&RESTORE, [&id, &now]).await?;
        Ok(())
    }
}

/// The settings of `select_segment_config`.
fn config(row: &Row) -> Result<Config, Failure> {
    Ok(Config {
        description: get(row, 1)?,
        context: get(row, 2)?,
        table_name: get(row, 3)?,
        refresh_auto: get(row, 4)?,
        refresh_params: get(row, 5)?,
        refresh_cron: get(row, 6)?,
        sources: get(row, 7)?,
    })
}

async fn update(transaction: &Transaction, id: i32, config: &Config) -> Result<(), Failure> {
    let Config { description, context, table_name, refresh_auto, refresh_params, refresh_cron, sources } = config;
    let parameters = [
        &id as _,
        description as _,
        context as _,
        table_name as _,
        refresh_auto as _,
        refresh_params as _,
        refresh_cron as _,
        sources as _,
    ];
    transaction.execute(&UPDATE, parameters).await.map(drop)
}

/// The detail of an operation.
fn detail(name: &str, config: &Config) -> Value {
    let params = config.refresh_params.as_deref().and_then(|params| serde_json::from_str::<Value>(params).ok());
    json!({
        "name": name,
        "description": config.description,
        "context": config.context,
        "table_name": config.table_name,
        "refresh_auto": config.refresh_auto,
        "refresh_params": params,
        "refresh_cron": config.refresh_cron,
        "sources": config.sources,
    })
}
