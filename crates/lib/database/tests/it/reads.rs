//! Reads of one statement, outside a transaction block.

use std::time::Duration;

use consumer::Failure;
use database::{Database, Settings};
use futures_util::FutureExt;
use tokio::time::Instant;

use crate::fresh_database::{number, sql, with_goods};

/// Settings that a role, a database or a server may have, and with which a statement means something else or is not answered.
const DEFAULTS: [(&str, &str); 8] = [
    ("search_path", "public, pg_catalog"),
    ("default_transaction_isolation", "serializable"),
    ("row_security", "on"),
    ("timezone", "'Asia/Tokyo'"),
    ("datestyle", "SQL, DMY"),
    ("intervalstyle", "iso_8601"),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
];

#[tokio::test]
async fn a_read_has_its_settings_whatever_the_role_has() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let name = stack.fresh_name("reads").await?;
    stack.create_role(&name).await?;
    stack.create_database(&name).await?;
    let (client, connection) = tokio_postgres::connect(&stack.database_url(&name), tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    for (setting, value) in DEFAULTS {
        client.batch_execute(&format!("ALTER ROLE {name} SET {setting} = {value}")).await?;
    }
    let database = Database::new(&Settings::from_url(&stack.database_url_as(&name, &name), None, 1)?);
    let names = DEFAULTS.map(|(setting, _)| setting).to_vec();
    let show = sql("SELECT current_setting(name) FROM unnest($1::text[]) AS name");
    let expected =
        ["pg_catalog, pg_temp", "read committed", "off", "UTC", "ISO, YMD", "postgres", "4s", "2s"].map(str::to_owned);
    for _ in 0..2 {
        let rows = database.read(&show, &[&names]).await?;
        let values: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        assert_eq!(values, expected);
        // A transaction in between sets its own and leaves them.
        assert_eq!(number(&database, "SELECT pg_size_bytes(current_setting('work_mem')) * 0").await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_read_is_in_no_block_and_one_that_is_given_up_closes_its_connection() -> anyhow::Result<()> {
    const BACKEND: &str = "SELECT pg_backend_pid()::bigint";
    let database = with_goods().await?;
    let backend = number(&database, BACKEND).await?;
    // PostgreSQL refuses VACUUM in a transaction block.
    database.read(&sql("VACUUM public.goods"), &[]).await?;
    let error = database.read(&sql("SELECT 1 / $1::int"), &[&0_i32]).await.unwrap_err();
    assert!(matches!(error, Failure::InvalidData(_)), "{error}");
    assert_eq!(number(&database, BACKEND).await?, backend);
    let sleeping = sql("SELECT pg_sleep(60)::text");
    assert!(database.read(&sleeping, &[]).now_or_never().is_none());
    assert_ne!(number(&database, BACKEND).await?, backend);
    Ok(())
}

#[tokio::test]
async fn a_read_that_takes_too_long_ends() -> anyhow::Result<()> {
    let database = with_goods().await?;
    let begin = Instant::now();
    let error = database.read(&sql("SELECT pg_sleep(60)::text"), &[]).await.unwrap_err();
    assert!(error.to_string().contains("57014"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(30));
    // The pool has its connection again.
    assert_eq!(number(&database, "SELECT 1::bigint").await?, 1);
    Ok(())
}
