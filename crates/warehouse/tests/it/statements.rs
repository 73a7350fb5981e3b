//! Every statement of `sql/` is understood by the schema the migrations build.

use std::{fs, path::PathBuf};

use futures_util::future::try_join_all;
use tokio_postgres::NoTls;
use warehouse::{Settings, migrate};

const FOLDERS: [&str; 5] = ["stg", "dds", "cdm", "audit", "service"];

#[tokio::test]
async fn every_statement_prepares() -> anyhow::Result<()> {
    let stack = devstack::shared().await?;
    let url = stack.create_database(&stack.fresh_name("warehouse_it").await?).await?;
    migrate(&Settings::from_url(&url, None, 1)?).await?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET search_path = cdm").await?; // what cdm/choose_marts says, nearly always

    try_join_all(statements()?.iter().map(async |(file, sql)| {
        let prepared = client.prepare(sql).await;
        prepared.map_err(|error| anyhow::anyhow!("{}: {:?}", file.display(), error.as_db_error()))
    }))
    .await?;
    Ok(())
}

fn statements() -> anyhow::Result<Vec<(PathBuf, String)>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sql");
    let mut statements = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder))? {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "sql") {
                let sql = fs::read_to_string(&file)?;
                statements.push((file, sql));
            }
        }
    }
    Ok(statements)
}
