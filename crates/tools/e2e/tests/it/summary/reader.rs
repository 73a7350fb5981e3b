//! Tests of the dashboard role: it reads schema `cdm` and may do nothing else.

use std::process::Output;

use anyhow::{Context, Result, ensure};
use harness::{Layer, Pipeline, Workload};
use tokio::process::Command;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::Fixture;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/roles/create_dashboard_reader.sql");

const VIEWS: &str = "SELECT c.relname FROM pg_class AS c
                     WHERE c.relnamespace = 'cdm'::regnamespace AND c.relkind IN ('v', 'r')";

#[tokio::test]
async fn the_dashboard_role_reads_schema_cdm_and_nothing_else() -> Result<()> {
    let fixture = Fixture::loaded(&Workload::clean(106, 100)).await?;
    let name = format!("{}_reader", fixture.pipeline.sql("SELECT current_database()").await?.concat());
    let url = fixture.pipeline.database_url();
    for password in ["first", "it's secret"] {
        succeeded(&script(&url, &[("reader", &name), ("password", password)]).await?)?;
    }
    let reader = connect(&url, &name).await?;

    let seen = rows(&reader, VIEWS).await?;
    ensure!(seen.len() > 20, "only {seen:?}");
    for relation in seen {
        let rows = rows(&reader, &format!("SELECT * FROM cdm.{relation}")).await;
        rows.with_context(|| format!("it does not see {relation}"))?;
    }
    assert_eq!(rows(&reader, "SELECT order_cnt FROM kpi").await?, ["100"], "without a schema as well");
    let orders = rows(&reader, "SELECT sum(order_cnt) FROM cdm.orders_by_hour").await?;
    assert_eq!(orders, ["100"]);

    for hidden in ["dds.h_user", "dds.s_user_names", "stg.order_events", "cdm_summary.order_hours", "cdm_rebuild.users"]
    {
        refused(&reader, &format!("SELECT * FROM {hidden}"), "42501").await?;
    }
    refused(&reader, "SELECT * FROM public.tagmill_rebuilds", "42501").await?;
    refused(&reader, "DELETE FROM cdm.tag_rules", "25006").await?;
    reader.batch_execute("SET default_transaction_read_only = off").await?;
    for writing in [
        "DELETE FROM cdm.tag_rules",
        "INSERT INTO cdm.user_tags SELECT * FROM cdm.user_tags",
        "CREATE TABLE cdm.mine ()",
        "CREATE TABLE public.mine ()",
        "INSERT INTO cdm_summary.stale_days VALUES ('2026-01-01')",
    ] {
        refused(&reader, writing, "42501").await?;
    }
    // Views created later are readable, too.
    fixture.pipeline.sql("CREATE VIEW cdm.later AS SELECT 1 AS one").await?;
    assert_eq!(rows(&reader, "SELECT one FROM later").await?, ["1"]);
    Ok(())
}

#[tokio::test]
async fn an_existing_role_gets_its_rights_without_createrole() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let name = pipeline.sql("SELECT current_database()").await?.concat();
    let [database, owner, reader] = ["managed", "owner", "reader"].map(|what| format!("{name}_{what}"));
    for statement in [
        format!("CREATE ROLE {owner} LOGIN"),
        format!("CREATE DATABASE {database} OWNER {owner}"),
        format!("CREATE ROLE {reader} LOGIN PASSWORD 'it''s secret'"),
    ] {
        pipeline.administer(&statement).await?;
    }
    let url = pipeline.endpoints().database_url(&database);
    let (_, server) = url.split_once('@').context("no user in the URL")?;
    let own_url = format!("postgres://{owner}@{server}");
    succeeded(&pipeline.service(Layer::Stg).env("DATABASE_URL", &own_url).run(&["migrate"]).await?)?;

    succeeded(&script(&own_url, &[("reader", &reader)]).await?)?;
    let client = connect(&url, &reader).await?;
    assert_eq!(rows(&client, "SELECT count(*) FROM cdm.tag_rules").await?, ["10"]);
    assert_eq!(rows(&client, "SELECT order_cnt FROM cdm.kpi").await?, ["0"]);
    refused(&client, "SELECT * FROM dds.h_user", "42501").await?;
    refused(&client, "DELETE FROM cdm.tag_rules", "42501").await?;

    let nobody = script(&own_url, &[("reader", &format!("{name}_nobody")), ("password", "any")]).await?;
    let said = String::from_utf8_lossy(&nobody.stderr);
    ensure!(!nobody.status.success() && said.contains("permission denied to create role"), "{said}");
    Ok(())
}

/// Runs the script with these variables, as the role in the URL.
async fn script(url: &str, variables: &[(&str, &str)]) -> Result<Output> {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-f", SCRIPT]);
    for (name, value) in variables {
        psql.args(["-v", &format!("{name}={value}")]);
    }
    psql.arg(url).output().await.context("psql")
}

fn succeeded(output: &Output) -> Result<()> {
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(())
}

async fn connect(url: &str, name: &str) -> Result<Client> {
    let mut config: Config = url.parse()?;
    config.user(name).password("it's secret");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// First column of the result of a statement.
async fn rows(reader: &Client, statement: &str) -> Result<Vec<String>> {
    let messages = reader.simple_query(statement).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    });
    Ok(rows.collect())
}

async fn refused(reader: &Client, statement: &str, code: &str) -> Result<()> {
    let error = reader.batch_execute(statement).await.err().with_context(|| format!("it may: {statement}"))?;
    let said = error.code().map(|state| state.code().to_owned());
    ensure!(said.as_deref() == Some(code), "{statement}: {error:?}");
    Ok(())
}
