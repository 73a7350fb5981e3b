//! Cycles that fail: the error, what is rolled back, the row that A refuses.

use std::time::Duration;

use elt::{Error, Options, Server, Status};

use crate::fixture::{Fixture, ITEMS, connect, items, job, number, rows};

/// The error of a cycle that has to fail.
async fn failure(fixture: &Fixture, job: &elt::Job) -> anyhow::Result<Error> {
    let outcome = fixture.cycle(job).await?;
    anyhow::ensure!(outcome.status == Status::Failed, "{outcome:?}");
    outcome.error.ok_or_else(|| anyhow::anyhow!("no error"))
}

#[tokio::test]
async fn a_refused_row_is_named_only_in_elt_runs_and_nothing_is_written() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture.target.batch_execute("ALTER TABLE items ADD CHECK (title <> 'secret')").await?;
    fixture
        .write(
            "INSERT INTO items SELECT n, CASE n WHEN 617 THEN 'secret' ELSE 'x' END FROM generate_series(1, 1000) AS n",
        )
        .await?;
    let error = failure(&fixture, &job).await?;
    assert_eq!(error.sqlstate.as_deref(), Some("23514"));
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(error.detail.as_ref().is_some_and(|detail| detail.contains("(617,secret")), "{error:?}");
    assert_eq!(number(&fixture.target, "SELECT count(*) FROM items").await?, 0);
    let runs = "SELECT outcome, error, detail FROM elt.runs WHERE outcome = 'failed'";
    assert!(rows(&fixture.target, runs).await?[0].contains("(617,secret"));
    Ok(())
}

#[tokio::test]
async fn a_missing_unique_index_is_found_before_the_first_row() -> anyhow::Result<()> {
    let mut job = items("id", "");
    job.create_table.sql = job.create_table.sql.replace("PRIMARY KEY", "");
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture.write("INSERT INTO items VALUES (1, 'x')").await?;
    let error = failure(&fixture, &job).await?;
    assert_eq!((error.sqlstate.as_deref(), error.server), (Some("42P10"), Server::Target), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_missing_column_is_reported_with_its_alter_table() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture.target.batch_execute("CREATE TABLE items (id int PRIMARY KEY, title text, updated_at timestamp)").await?;
    let error = failure(&fixture, &job).await?;
    assert!(error.message.contains(r#"ALTER TABLE "public"."items" ADD COLUMN "category" text"#), "{error}");
    Ok(())
}

#[tokio::test]
async fn nothing_but_a_query_reaches_copy() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    let mut job = items("id", "");
    job.select_keys.sql = "SELECT 1) TO PROGRAM 'touch /tmp/elt-was-here' --".to_owned();
    fixture.write("INSERT INTO items VALUES (1, 'x')").await?;
    fixture.good(&job).await?;
    fixture.write("INSERT INTO items VALUES (2, 'x')").await?;
    let error = failure(&fixture, &job).await?;
    assert_eq!((error.sqlstate.as_deref(), error.server), (Some("42601"), Server::Source), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_source_is_never_written() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture
        .write(
            "CREATE TABLE log (id int); CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS 'INSERT INTO log VALUES (1) RETURNING 1'",
        )
        .await?;
    let mut job = items("id", "");
    job.select_source.sql = "SELECT noted(), title, category, updated_at FROM items WHERE updated_at > $1".to_owned();
    fixture.write("INSERT INTO items VALUES (1, 'x')").await?;
    assert_eq!(failure(&fixture, &job).await?.sqlstate.as_deref(), Some("25006"));
    Ok(())
}

#[tokio::test]
async fn the_last_of_duplicate_conflict_keys_wins_and_stays() -> anyhow::Result<()> {
    let job = job("CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (title text PRIMARY KEY, id int, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT title, id, updated_at FROM items WHERE updated_at > %s ORDER BY id
UPSERT_TARGET_SQL: INSERT INTO items VALUES (%s, %s, %s) ON CONFLICT (title) DO UPDATE SET id = EXCLUDED.id, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT title FROM items GROUP BY title
TARGET_TABLE: items
KEY_COLUMNS: title
LAG: 1h
");
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture.write("INSERT INTO items SELECT n, 'title ' || n / 2 FROM generate_series(0, 99) AS n").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.inserted, outcome.notes.len()), (50, 1), "{outcome:?}");
    let latest = "SELECT title, max(id), max(updated_at) FROM items GROUP BY title";
    assert_eq!(rows(&fixture.target, "SELECT * FROM items").await?, rows(&fixture.source, latest).await?);
    let places = rows(&fixture.target, "SELECT ctid, xmin, id FROM items").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.read, outcome.counts.changed()), (100, 0), "{outcome:?}");
    assert_eq!(rows(&fixture.target, "SELECT ctid, xmin, id FROM items").await?, places);

    // A hash of a row that lost must not stand for what A holds.
    fixture.write("DELETE FROM items WHERE id % 2 = 1").await?;
    fixture.good(&job).await?;
    assert_eq!(rows(&fixture.target, "SELECT * FROM items").await?, rows(&fixture.source, latest).await?);
    Ok(())
}

#[tokio::test]
async fn a_value_too_long_for_the_target_is_refused_and_not_taken_for_the_stored_one() -> anyhow::Result<()> {
    for (name, short, long) in
        [("varchar(5)", "'abcde'", "'abcdef'"), ("char(5)", "'abcde'", "'abcdef'"), ("varbit(3)", "B'101'", "B'1011'")]
    {
        let source = name.split('(').next().unwrap_or_default().replace("char", "varchar").replace("varvar", "var");
        let job = job(&format!(
            "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, v {name}, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, v, updated_at FROM t WHERE updated_at > %s
UPSERT_TARGET_SQL: INSERT INTO t VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET v = EXCLUDED.v
SELECT_KEYS_SQL: SELECT id FROM t
TARGET_TABLE: t
KEY_COLUMNS: id
"
        ));
        let fixture = Fixture::new().await?;
        let create =
            format!("CREATE TABLE t (id int PRIMARY KEY, v {source}, updated_at timestamp DEFAULT '2026-11-30 10:00')");
        fixture.write(&format!("{create}; INSERT INTO t VALUES (1, {short})")).await?;
        fixture.good(&job).await?;
        fixture.write(&format!("UPDATE t SET v = {long}")).await?;
        let error = failure(&fixture, &job).await?;
        assert_eq!(error.sqlstate.as_deref(), Some("22001"), "{name}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_lock_timeout_names_the_process_that_holds_the_lock() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = Fixture::with(ITEMS, &job).await?;
    let holder = connect(&fixture.target_url).await?;
    holder.batch_execute("BEGIN; LOCK TABLE items").await?;
    let pid = number(&holder, "SELECT pg_backend_pid()::bigint").await?;
    fixture.write("INSERT INTO items VALUES (1, 'x')").await?;
    let impatient = Options { lock_timeout: Duration::from_millis(100), ..fixture.options.clone() };
    let error = fixture.cycle_with(&job, &impatient).await?.error.unwrap();
    assert_eq!(error.sqlstate.as_deref(), Some("55P03"), "{error}");
    assert!(error.message.ends_with(&format!("held by process {pid}")), "{error}");
    holder.batch_execute("COMMIT").await?;
    fixture.good(&job).await?;
    Ok(())
}
