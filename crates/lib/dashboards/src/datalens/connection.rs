//! The connection to PostgreSQL.

use serde_json::{Value, json};

/// What the connection is called.
pub(super) const NAME: &str = "Tagmill";

/// The connection. Host and password are those of whoever imports it: `dashboards/README.md` tells where they go.
pub(super) fn connection() -> Value {
    json!({
        "name": NAME,
        "db_type": "postgres",
        "description": "Схема cdm хранилища Tagmill, роль только для чтения",
        "host": "postgres",
        "port": 5432,
        "db_name": "tagmill",
        "username": "tagmill_reader",
        "password": "******",
        "raw_sql_level": "off",
        "ssl_enable": "off",
        "enforce_collate": "auto",
        "cache_ttl_sec": CACHE_SECONDS,
        "data_export_forbidden": "off",
    })
}

/// How long DataLens may show an answer again: as long as the summary behind the views may be old.
const CACHE_SECONDS: u32 = 30;
