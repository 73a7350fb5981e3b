//! The connection to PostgreSQL.

use serde_json::{Value, json};

/// The name of the connection.
pub(super) const NAME: &str = "Tagmill";

/// The connection. The person who imports it sets host and password, as `dashboards/README.md` describes.
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

/// How long DataLens may cache an answer: as long as the summary behind the views may be old.
const CACHE_SECONDS: u32 = 30;
