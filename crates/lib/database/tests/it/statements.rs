//! Every statement of `sql/` can be prepared with the schema of the migrations and the search path of a transaction: it
//! names its schemas.

use std::{
    fs,
    path::{Path, PathBuf},
};

use database::Settings;
use futures_util::future::try_join_all;
use tokio_postgres::{Client, NoTls};
use warehouse::migrate;

/// The search path that `src/sql/stated.sql` sets.
const STATED: &str = "SET search_path = pg_catalog, pg_temp";

/// Statements that write to the marts chosen by `cdm/marts/choose_marts` and name no schema.
const CHOSEN: [&str; 3] = ["insert_users", "upsert_user_category_counters", "upsert_user_product_counters"];

const FOLDERS: [&str; 5] = ["stg", "dds", "cdm", "audit", "service"];

#[tokio::test]
async fn every_statement_prepares() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let url = stack.create_database(&stack.fresh_name("warehouse_it").await?).await?;
    migrate(&Settings::from_url(&url, None, 1)?).await?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let statements = statements()?;
    let is_chosen = |file: &Path| {
        let of_marts = file.parent().is_some_and(|folder| folder.ends_with("cdm/marts"));
        of_marts && file.file_stem().is_some_and(|stem| CHOSEN.iter().any(|name| stem == *name))
    };
    let (chosen, others): (Vec<_>, Vec<_>) = statements.iter().partition(|(file, _)| is_chosen(file));
    assert_eq!(chosen.len(), CHOSEN.len());
    client.batch_execute(STATED).await?;
    prepare(&client, &others).await?;
    for marts in ["cdm", "cdm_rebuild"] {
        client.batch_execute(&format!("SET search_path = pg_catalog, {marts}, pg_temp")).await?;
        prepare(&client, &chosen).await?;
    }
    Ok(())
}

async fn prepare(client: &Client, statements: &[&(PathBuf, String)]) -> anyhow::Result<()> {
    try_join_all(statements.iter().map(async |(file, sql)| {
        let prepared = client.prepare(sql).await;
        prepared.map_err(|error| anyhow::anyhow!("{}: {:?}", file.display(), error.as_db_error()))
    }))
    .await?;
    Ok(())
}

fn statements() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../sql");
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    let mut statements = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let file = entry?.path();
            if file.is_dir() {
                folders.push(file);
            } else if file.extension().is_some_and(|extension| extension == "sql") && !is_of_segments(&file) {
                let sql = fs::read_to_string(&file)?;
                statements.push((file, sql));
            }
        }
    }
    Ok(statements)
}

/// Whether it audits schema `segments`, which has migrations of its own; its crate prepares the statements.
fn is_of_segments(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("segment_"))
}
