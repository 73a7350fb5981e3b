//! Tests of dashboards: views have the columns they query, charts have rows, and all metrics exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dashboards::{
    Spec,
    spec::{Chart, Column, Selector, Type},
};
use harness::{Connection, Layer, Pipeline, Process, Record, Workload, until};
use tokio_postgres::Client;

/// The columns of the views of schema `cdm`, in order, in PostgreSQL's words.
const COLUMNS: &str = "
    SELECT c.table_name, c.column_name, replace(c.data_type, ' without time zone', '')
    FROM information_schema.columns AS c
    INNER JOIN information_schema.views AS v USING (table_schema, table_name)
    WHERE c.table_schema = 'cdm'
    ORDER BY c.table_name, c.ordinal_position";

#[tokio::test]
async fn datasets_have_the_columns_of_the_views() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let mut there: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in pipeline.sql(COLUMNS).await? {
        let (view, column) = row.split_once('|').context("three columns")?;
        there.entry(view.to_owned()).or_default().push(column.to_owned());
    }
    let described = |column: &Column| format!("{}|{}", column.name, column.kind.name());
    let spec = dashboards::orders()?;
    let known = spec.views.iter().map(|view| (view.name.clone(), view.columns.iter().map(described).collect()));
    let known: BTreeMap<String, Vec<String>> = known.collect();
    ensure!(known == there, "the specification knows\n{known:#?}\nand schema cdm has\n{there:#?}");
    Ok(())
}

#[tokio::test]
async fn every_chart_has_rows_and_is_filtered_by_selectors() -> Result<()> {
    let week = Workload::dirty(71, 2_000);
    let pipeline = Pipeline::start_plain_on(devstack::shared().await?, 1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.summarized().await?;

    let spec = dashboards::orders()?;
    let client = pipeline.database().await?;
    let mut narrowed = 0;
    for tab in &spec.tabs {
        for chart in &tab.charts {
            columns_are_its_fields(&client, chart).await.with_context(|| chart.id.clone())?;
            let rows = pipeline.sql(&chart.sql()).await.with_context(|| chart.id.clone())?;
            ensure!(!rows.is_empty(), "{} has no rows", chart.id);
            let selectors: Vec<&Selector> = tab.selectors.iter().filter(|it| spec.narrows(it, chart)).collect();
            if selectors.is_empty() {
                continue;
            }
            let everything = values(&pipeline, &selectors, |all| all).await?;
            let same = asked(&pipeline, chart, &selectors, &everything).await?;
            ensure!(same == rows, "{} narrowed to everything: {same:?} instead of {rows:?}", chart.id);
            let one = values(&pipeline, &selectors, |all| all.into_iter().take(1).collect()).await?;
            let fewer = asked(&pipeline, chart, &selectors, &one).await?;
            ensure!(fewer != rows, "the selection does not filter {}", chart.id);
            narrowed += 1;
        }
    }
    ensure!(narrowed > 10, "only {narrowed} charts can be narrowed");
    every_dataset_has_rows(&pipeline, &spec).await
}

/// The result has the fields of the chart: names, types, order.
async fn columns_are_its_fields(client: &Client, chart: &Chart) -> Result<()> {
    let statement = client.prepare(&chart.sql()).await?;
    let there: Vec<(&str, &str)> = statement.columns().iter().map(|it| (it.name(), it.type_().name())).collect();
    let wanted = chart.fields.iter().map(|field| (field.column.name.as_str(), internal(field.column.kind)));
    let wanted: Vec<(&str, &str)> = wanted.collect();
    ensure!(there == wanted, "{there:?} instead of {wanted:?}");
    Ok(())
}

/// Name of a type in the protocol of PostgreSQL.
fn internal(kind: Type) -> &'static str {
    match kind {
        Type::Bigint => "int8",
        Type::Boolean => "bool",
        Type::Integer => "int4",
        kind => kind.name(),
    }
}

/// Choices of the selectors, filtered by `some`, as literals in the order of the parameters.
async fn values(
    pipeline: &Pipeline,
    selectors: &[&Selector],
    some: impl Fn(Vec<String>) -> Vec<String>,
) -> Result<String> {
    let mut literals = Vec::new();
    for Selector { id, view, column, .. } in selectors {
        let name = &column.name;
        let all = pipeline.sql(&format!("SELECT DISTINCT {name} FROM cdm.{view} ORDER BY {name}")).await?;
        let chosen = some(all);
        let (first, last) = chosen.first().zip(chosen.last()).with_context(|| format!("{id} offers nothing"))?;
        if column.kind == Type::Date {
            literals.extend([format!("'{first}'"), format!("'{last}'")]);
        } else {
            let quoted: Vec<String> = chosen.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
            literals.push(format!("ARRAY[{}]", quoted.join(", ")));
        }
    }
    Ok(literals.join(", "))
}

/// The chart's rows, with its parameters as literals.
async fn asked(pipeline: &Pipeline, chart: &Chart, selectors: &[&Selector], literals: &str) -> Result<Vec<String>> {
    let sql = chart.sql_narrowed(selectors);
    let asked = pipeline.sql(&format!("PREPARE chart AS {sql}; EXECUTE chart ({literals})")).await;
    asked.with_context(|| format!("{}: {sql} with {literals}", chart.id))
}

/// And so has every dataset, also those that no chart reads: people make charts of their own.
async fn every_dataset_has_rows(pipeline: &Pipeline, spec: &Spec) -> Result<()> {
    for view in &spec.views {
        ensure!(
            pipeline.count(&format!("SELECT count(*) FROM cdm.{}", view.name)).await? > 0,
            "{} is empty",
            view.name
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_metric_of_the_dashboard_is_exported_by_a_service() -> Result<()> {
    let week = Workload::dirty(72, 300);
    let pipeline = Pipeline::start(1).await?;
    pipeline.name(&week.reference).await?;
    pipeline.load(&week.events).await?;
    pipeline.produce(&pipeline.source(Layer::Stg), [Record::of("unreadable")]).await?;
    let services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;
    pipeline.summarized().await?;
    // One more service, with a wrong address of Redis.
    let lost = pipeline.service(Layer::Stg).env("REDIS_URL", "redis://127.0.0.1:1").env("KAFKA_GROUP_ID", "lost");
    let lost = lost.spawn()?;
    let outage = async || Ok(lost.metric("tagmill_dependency_errors_total").await.is_ok_and(|outages| outages > 0.0));
    until("an outage is counted", Duration::from_secs(60), outage).await?;

    let folder = tempfile::tempdir()?;
    let elt = elt_service(folder.path()).await?;
    let copied = async || Ok(elt.metric("tagmill_elt_rows_total").await.is_ok_and(|rows| rows > 0.0));
    until("a row is copied", Duration::from_secs(60), copied).await?;

    let segments = segments_service(folder.path()).await?;
    segments.ready().await?;
    // One segment is automatic.
    let mut connection = Connection::new(segments.address());
    for (path, body, status) in [
        ("/api/v2/segments", r#"{"name":"A"}"#, 201),
        ("/api/v2/segments/A/assign", r#"{"percent":50,"mode":"live"}"#, 200),
    ] {
        let answer = connection.post(path, body).await?;
        ensure!(answer.status == status, "{path}: {answer:?}");
    }
    for (what, metric) in [
        ("expired memberships were looked for", "tagmill_segments_last_sweep_timestamp_seconds"),
        ("a refresh succeeded", "tagmill_segments_refresh_oldest_success_timestamp_seconds"),
    ] {
        until(what, Duration::from_secs(60), async || Ok(segments.metric(metric).await? > 0.0)).await?;
    }

    let mut exported = BTreeSet::new();
    for service in services.iter().chain([&lost, &elt, &segments]) {
        let (_, page) = service.get("/metrics").await?;
        let series =
            page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next());
        exported.extend(series.map(str::to_owned));
    }
    let mut missing = BTreeSet::new();
    let metrics = dashboards::metrics()?;
    for query in metrics.queries() {
        let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        missing
            .extend(words.filter(|word| word.starts_with("tagmill_") && !exported.contains(*word)).map(str::to_owned));
    }
    ensure!(missing.is_empty(), "no service exports {missing:?}; exported are {exported:?}");
    Ok(())
}

/// elt-service with one job, between two databases of the shared stack.
async fn elt_service(folder: &Path) -> Result<Process> {
    let stack = devstack::shared().await?;
    let source = stack.create_database(&stack.fresh_name("source").await?).await?;
    let target = stack.create_database(&stack.fresh_name("target").await?).await?;
    let (client, connection) = tokio_postgres::connect(&source, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("CREATE TABLE items AS SELECT 1::bigint AS id, now() AS updated_at").await?;
    let (jobs, logs) = (folder.join("jobs"), folder.join("logs"));
    std::fs::create_dir_all(&jobs)?;
    std::fs::write(jobs.join("items.yaml"), JOB)?;
    let environment: harness::Environment = [
        ("SOURCE_DATABASE_URL", source),
        ("TARGET_DATABASE_URL", target),
        ("REDIS_URL", stack.redis_url(stack.fresh_redis_database().await?)),
        ("JOBS_DIR", jobs.display().to_string()),
        ("LOG_DIR", logs.display().to_string()),
        ("SCHEDULE", "1s".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    harness::migrate("elt-service", &environment).await?;
    Process::spawn("elt-service", &environment, folder.join("elt.log"))
}

/// segments-service on a database of its own.
async fn segments_service(folder: &Path) -> Result<Process> {
    let stack = devstack::shared().await?;
    let database = stack.create_database(&stack.fresh_name("segments").await?).await?;
    let environment: harness::Environment = [("DATABASE_URL".to_owned(), database)].into();
    harness::migrate("segments-service", &environment).await?;
    Process::spawn("segments-service", &environment, folder.join("segments.log"))
}

const JOB: &str = "
CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id bigint PRIMARY KEY, updated_at timestamptz)
SELECT_SOURCE_SQL: SELECT id, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: INSERT INTO items (id, updated_at) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at
SELECT_KEYS_SQL: SELECT id FROM items
TARGET_TABLE: items
KEY_COLUMNS: id
";
