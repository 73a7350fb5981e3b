//! Equal rows are not written again, whatever Redis holds.

use elt::Method;

use crate::fixture::{Fixture, ITEMS, items, rows};

const PLACES: &str = "SELECT id, ctid::text, xmin::text FROM items";
const FILL: &str =
    "INSERT INTO items SELECT n, 'title ' || n, NULLIF(n % 7, 0)::text FROM generate_series(1, 1000) AS n";

#[tokio::test]
async fn equal_rows_are_not_rewritten_with_redis_full_empty_flushed_foreign_or_away() -> anyhow::Result<()> {
    let job = items("id", "LAG: 1h");
    let mut fixture = Fixture::with(ITEMS, &job).await?;
    fixture.write(FILL).await?;
    fixture.good(&job).await?;
    let places = rows(&fixture.target, PLACES).await?;

    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.read, outcome.counts.unchanged), (1000, 1000), "full");
    assert_eq!(rows(&fixture.target, PLACES).await?, places, "full");

    fixture.flush_redis().await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.read, outcome.counts.unchanged), (1000, 1000), "flushed");
    assert_eq!(rows(&fixture.target, PLACES).await?, places, "flushed");

    let mut redis = fixture.redis.clone().unwrap();
    redis::cmd("HSET").arg("elt:{\"public\".\"items\"}").arg("token").arg("foreign").exec_async(&mut redis).await?;
    fixture.good(&job).await?;
    assert_eq!(rows(&fixture.target, PLACES).await?, places, "foreign");

    fixture.redis = None;
    fixture.good(&job).await?;
    assert_eq!(rows(&fixture.target, PLACES).await?, places, "away");
    Ok(())
}

#[tokio::test]
async fn rows_with_known_hashes_are_not_staged_and_a_quiet_cycle_creates_no_table() -> anyhow::Result<()> {
    let job = items("id", "LAG: 1h");
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture.write(FILL).await?;
    fixture.good(&job).await?;
    fixture.good(&job).await?;
    // A trigger of the catalog would be needed to see a temporary table come and go; an event trigger is one.
    fixture
        .target
        .batch_execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''DDL''; END';
             CREATE EVENT TRIGGER no_tables ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS')
             EXECUTE FUNCTION refuse();",
        )
        .await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.read, outcome.counts.unchanged), (1000, 1000));
    Ok(())
}

#[tokio::test]
async fn a_changed_text_reads_everything_and_writes_what_differs() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture.write(FILL).await?;
    fixture.good(&job).await?;
    let places = rows(&fixture.target, PLACES).await?;
    let mut edited = job.clone();
    edited.select_source.sql = edited.select_source.sql.replace("SELECT id, title", "SELECT id,  title");
    let outcome = fixture.good(&edited).await?;
    assert_eq!((outcome.counts.read, outcome.counts.unchanged), (1000, 1000), "{outcome:?}");
    assert_eq!(rows(&fixture.target, PLACES).await?, places);
    edited.select_source.sql = job.select_source.sql.replace(" title,", " CASE WHEN id > 990 THEN 'x' ELSE title END,");
    let outcome = fixture.good(&edited).await?;
    assert_eq!((outcome.counts.read, outcome.counts.unchanged, outcome.counts.updated), (1000, 990, 10), "{outcome:?}");
    Ok(())
}

#[tokio::test]
async fn the_stage_and_rows_one_by_one_write_the_same() -> anyhow::Result<()> {
    let job = items("id", "");
    for method in [Method::Stage, Method::RowByRow] {
        let mut fixture = Fixture::new().await?;
        fixture.options.method = method;
        fixture.source.batch_execute(ITEMS).await?;
        fixture.write(FILL).await?;
        fixture.good(&job).await?;
        let all = "SELECT id, title, category, updated_at FROM items";
        assert_eq!(rows(&fixture.target, all).await?, rows(&fixture.source, all).await?, "{method:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_column_that_the_update_leaves_alone_does_not_make_a_row_differ() -> anyhow::Result<()> {
    let mut job = items("id", "LAG: 1h");
    let set_based = job.upsert.set_based.as_mut().unwrap();
    set_based.tail =
        "ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, updated_at = EXCLUDED.updated_at".to_owned();
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture.write(FILL).await?;
    fixture.good(&job).await?;
    fixture.write("UPDATE items SET category = 'new', updated_at = localtimestamp WHERE id <= 10").await?;
    assert_eq!(fixture.good(&job).await?.counts.updated, 10);
    let places = rows(&fixture.target, PLACES).await?;
    fixture.flush_redis().await?;
    assert_eq!(fixture.good(&job).await?.counts.unchanged, 1000);
    assert_eq!(rows(&fixture.target, PLACES).await?, places);
    Ok(())
}

#[tokio::test]
async fn rows_whose_conflict_key_is_null_are_not_inserted_again() -> anyhow::Result<()> {
    let text = "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int, title text UNIQUE, category text, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, title, category, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: INSERT INTO items (id, title, category, updated_at) VALUES (%s, %s, %s, %s) ON CONFLICT (title) DO UPDATE SET id = EXCLUDED.id, title = EXCLUDED.title, category = EXCLUDED.category, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT id, title FROM items
TARGET_TABLE: items
KEY_COLUMNS: [id, title]
LAG: 1h
";
    let job = crate::fixture::job(text);
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture
        .write("INSERT INTO items SELECT n, CASE WHEN n > 5 THEN n::text END, NULL FROM generate_series(1, 10) AS n")
        .await?;
    fixture.good(&job).await?;
    let places = rows(&fixture.target, PLACES).await?;
    fixture.flush_redis().await?;
    assert_eq!(fixture.good(&job).await?.counts.unchanged, 10);
    assert_eq!(rows(&fixture.target, PLACES).await?, places);

    // The new row does not conflict with the old one, which is found by its key.
    fixture.write("UPDATE items SET category = 'new', updated_at = localtimestamp WHERE id IN (3, 8)").await?;
    let outcome = fixture.good(&job).await?;
    let all = "SELECT id, title, category, updated_at FROM items";
    assert_eq!(rows(&fixture.target, all).await?, rows(&fixture.source, all).await?, "{outcome:?}");
    Ok(())
}
