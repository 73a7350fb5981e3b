//! A new job file as JSON, which is a job file as well.

use serde::Serialize;

use super::file::Table;

/// The six required keys.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct JobFile {
    create_table_sql: String,
    select_source_sql: String,
    upsert_target_sql: String,
    select_keys_sql: String,
    target_table: String,
    key_columns: Vec<String>,
}

impl JobFile {
    pub(super) fn of(table: &Table) -> Self {
        Self {
            create_table_sql: table.create_table(),
            select_source_sql: table.select_source(),
            upsert_target_sql: table.upsert_target(),
            select_keys_sql: table.select_keys(),
            target_table: table.target(),
            key_columns: table.keys().collect(),
        }
    }
}
