//! `check` of the database: rights, a write, two statements in a transaction.

use std::fs;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Program, Server, Stack};
use harness::{Layer, Pipeline, Service};

use super::Fixture;

/// The lines of `check` that are not `ok`.
async fn failed(service: Service<'_>) -> Result<Vec<String>> {
    let output = service.run(&["check"]).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed: Vec<String> = said.lines().filter(|line| !line.starts_with("ok ")).map(str::to_owned).collect();
    ensure!(output.status.success() == failed.is_empty(), "{}\n{said}", output.status);
    Ok(failed)
}

/// Rights are revoked one by one; `check` names each.
#[tokio::test]
async fn a_missing_right_is_named() -> Result<()> {
    let fixture = Fixture::start(1).await?;
    let taken = [
        (Layer::Stg, "DELETE", "TABLE stg.missing_names"),
        (Layer::Stg, "SELECT", "TABLE public.tagmill_rebuilds"),
        (Layer::Dds, "SELECT", "SEQUENCE public.tagmill_vault_edition"),
        (Layer::Dds, "INSERT", "TABLE cdm_summary.stale_days"),
        (Layer::Dds, "TRUNCATE", "TABLE dds.h_order"),
        (Layer::Cdm, "USAGE", "SEQUENCE cdm.tag_rules_revision"),
        (Layer::Cdm, "SELECT", "TABLE dds.bv_order_states"),
        (Layer::Cdm, "USAGE", "SCHEMA cdm_rebuild"),
    ];
    for (layer, right, object) in taken {
        ensure!(failed(fixture.service(layer)).await?.is_empty(), "{} is not ready", layer.stem());
        let role = format!("tagmill_{}", layer.stem());
        fixture.pipeline.sql(&format!("REVOKE {right} ON {object} FROM {role}")).await?;
        let said = failed(fixture.service(layer)).await?;
        let (kind, name) = object.split_once(' ').context("no kind")?;
        let expected = format!("lacks {right} on {} {name}; log in as {role} ", kind.to_lowercase());
        let [line] = said.as_slice() else { anyhow::bail!("{object}: {said:#?}") };
        ensure!(line.starts_with("FAILED database rights: DATABASE_URL: ") && line.contains(&expected), "{line}");
        // The owner's next migration gives it back, although nothing is left to apply.
        fixture.migrate().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_read_only_role_is_reported() -> Result<()> {
    let fixture = Fixture::start(1).await?;
    let set = format!("ALTER ROLE tagmill_cdm IN DATABASE {} SET default_transaction_read_only", fixture.database);
    fixture.pipeline.sql(&format!("{set} = on")).await?;
    let said = failed(fixture.service(Layer::Cdm)).await?;
    let [line] = said.as_slice() else { anyhow::bail!("{said:#?}") };
    ensure!(line.starts_with("FAILED database transaction: ") && line.contains("25006"), "{line}");
    ensure!(line.ends_with("for the role, the database and the server"), "{line}");
    // The attempt leaves nothing.
    fixture.pipeline.sql(&format!("{set} = off")).await?;
    ensure!(failed(fixture.service(Layer::Cdm)).await?.is_empty(), "it does not write");
    ensure!(fixture.pipeline.count("SELECT count(*) FROM public.tagmill_replayed_dead_letters").await? == 0, "a trace");
    Ok(())
}

/// A standby answers every query and accepts no writes.
#[tokio::test]
async fn a_standby_is_reported() -> Result<()> {
    let stack = Stack::start(Options::for_tests()).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    stack.postgres().stop().await?;
    fs::write(stack.folder().join("postgres/data/standby.signal"), "")?;
    stack.postgres().start().await?;
    ensure!(pipeline.sql("SELECT pg_is_in_recovery()").await? == ["t"], "it is no standby");
    let said = failed(pipeline.service(Layer::Dds)).await?;
    let [line] = said.as_slice() else { anyhow::bail!("{said:#?}") };
    ensure!(line.starts_with("FAILED database transaction: ") && line.contains("must lead to the primary"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_pooler_in_statement_mode_is_reported() -> Result<()> {
    let stack = Stack::start(Options { pooled: Some(2), ..Options::for_tests() }).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let database = pipeline.sql("SELECT current_database()").await?.concat();
    let url = stack.pooled_endpoints().context("no pooler")?.database_url(&database);
    let service = || pipeline.service(Layer::Stg).env("DATABASE_URL", &url);
    ensure!(failed(service()).await?.is_empty(), "transaction pooling does not do");

    let pooler = stack.pooler().context("no pooler")?;
    let file = stack.folder().join("pgbouncer/pgbouncer.ini");
    fs::write(&file, fs::read_to_string(&file)?.replace("pool_mode = transaction", "pool_mode = statement"))?;
    restart(pooler).await?;
    let said = failed(service()).await?;
    ensure!(said.iter().all(|line| line.starts_with("FAILED database ")), "{said:#?}");
    let line = said.iter().find(|line| line.starts_with("FAILED database transaction: ")).context("not told")?;
    ensure!(line.ends_with("set pool_mode = transaction or session in the pooler"), "{line}");
    Ok(())
}

async fn restart<P: Program>(server: &Server<P>) -> Result<()> {
    server.stop().await?;
    server.start().await
}
