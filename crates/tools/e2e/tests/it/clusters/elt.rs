//! Test of elt-service in the chart: the rendered pods start the real program, on databases with TLS behind a pooler.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use devstack::{Options, Stack};
use harness::{Environment, Process, until};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use super::rendered::{Container, Rendered};

const JOB: &str =
    "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY, title text, updated_at timestamptz)
SELECT_SOURCE_SQL: SELECT id, title, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: |
  INSERT INTO items (id, title, updated_at) VALUES (%s, %s, %s)
  ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT id FROM items
TARGET_TABLE: items
KEY_COLUMNS: id
";

const ITEMS: &str = "CREATE TABLE items (id int PRIMARY KEY, title text, updated_at timestamptz DEFAULT now());
    INSERT INTO items SELECT n, 'title ' || n FROM generate_series(1, 1000) AS n";

#[tokio::test]
async fn elt_service_with_tls_behind_a_pooler() -> Result<()> {
    let rendered = Rendered::with("b-managed-data", &["deploy/elt/values.yaml"]).await?;
    let stack = Stack::start(Options { secured: true, pooled: Some(4), ..Options::for_tests() }).await?;
    let (source, target) = (database(&stack, "elt_source").await?, database(&stack, "elt_target").await?);
    source.batch_execute(ITEMS).await?;
    let folder = TempDir::new()?;
    for name in ["jobs", "logs"] {
        fs::create_dir(folder.path().join(name))?;
    }
    fs::write(folder.path().join("jobs/items.yaml"), JOB)?;

    let (migration, service) = (rendered.container("elt-migrate")?, rendered.container("elt")?);
    ensure!(migration.command == ["elt-service", "migrate"] && service.command == ["elt-service", "run"]);
    harness::migrate("elt-service", &environment(&stack, migration, folder.path())?).await?;
    let environment = environment(&stack, service, folder.path())?;
    let checked = harness::command("elt-service", &environment)?.arg("check").output().await?;
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    ensure!(checked.status.success() && said.contains("through a pooler"), "{said}");

    let process = Process::spawn("elt-service", &environment, folder.path().join("elt-service.log"))?;
    process.ready().await?;
    let count = "SELECT count(*) FROM items";
    let equal = async |rows: i64| {
        until("the rows are copied", Duration::from_secs(60), async || {
            Ok(target.query_one(count, &[]).await.is_ok_and(|row| row.get::<_, i64>(0) == rows))
        })
        .await
    };
    equal(1000).await.with_context(|| process.log().unwrap_or_default())?;
    source.batch_execute("DELETE FROM items WHERE id <= 10").await?;
    equal(990).await.with_context(|| process.log().unwrap_or_default())?;
    process.stop().await
}

/// An empty database, as a provider creates it: owned by the role of the secured listeners.
async fn database(stack: &Stack, name: &str) -> Result<Client> {
    let url = stack.endpoints().create_database(name).await?;
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    tokio::spawn(connection);
    let own = format!("ALTER DATABASE {name} OWNER TO guarded; ALTER SCHEMA public OWNER TO guarded; SET ROLE guarded");
    client.batch_execute(&own).await?;
    Ok(client)
}

/// The environment of a container with its files below `folder`; addresses and logins are the stack's own.
fn environment(stack: &Stack, container: &Container, folder: &Path) -> Result<Environment> {
    let secured = stack.secured().context("no TLS")?;
    let below = |path: &str| folder.join(path.trim_start_matches('/'));
    for (path, file) in &container.files {
        let content = match file.key.as_str() {
            "SOURCE_DATABASE_URL" => secured.pooled_database_url("elt_source"),
            "TARGET_DATABASE_URL" => secured.pooled_database_url("elt_target"),
            "REDIS_URL" => secured.open_redis_url(&stack.endpoints().redis_url(7)),
            _ => fs::read_to_string(secured.ca_file())?,
        };
        let here = below(path);
        fs::create_dir_all(here.parent().context("no folder")?)?;
        fs::write(here, content)?;
    }
    let own = [("JOBS_DIR", folder.join("jobs")), ("LOG_DIR", folder.join("logs"))];
    let own = own.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    let told = container.environment.iter().map(|(name, value)| {
        let value = if value.starts_with("/etc/tagmill") { below(value).display().to_string() } else { value.clone() };
        (name.clone(), value)
    });
    // Two ticks within the test.
    let schedule = [("SCHEDULE".to_owned(), "1s".to_owned())];
    Ok(told.chain(own).chain(schedule).collect())
}
