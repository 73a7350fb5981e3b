//! Keys: rows that go, rows that come back, guards.

use elt::{Method, Options, Status};

use crate::fixture::{Fixture, ITEMS, ITEMS_OF, items, job, number, rows};

const FILL: &str =
    "INSERT INTO items SELECT n, 'title ' || n, NULLIF(n % 7, 0)::text FROM generate_series(1, 1000) AS n";

async fn filled(job: &elt::Job) -> anyhow::Result<Fixture> {
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture.write(FILL).await?;
    fixture.good(job).await?;
    Ok(fixture)
}

async fn count(fixture: &Fixture) -> anyhow::Result<i64> {
    number(&fixture.target, "SELECT count(*) FROM items").await
}

#[tokio::test]
async fn deletes_are_held_if_the_key_query_returns_no_rows() -> anyhow::Result<()> {
    let job = items("id", "MAX_DELETE_RATIO: 1");
    let fixture = filled(&job).await?;
    fixture.write("CREATE TABLE saved AS TABLE items; TRUNCATE items").await?;
    let outcome = fixture.cycle(&job).await?;
    assert_eq!((outcome.status, count(&fixture).await?), (Status::Held, 1000), "{outcome:?}");
    Ok(())
}

#[tokio::test]
async fn deletes_above_the_ratio_are_held_until_they_are_allowed_once() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = filled(&job).await?;
    fixture.write("DELETE FROM items WHERE id <= 210; INSERT INTO items VALUES (2000, 'new')").await?;
    let outcome = fixture.cycle(&job).await?;
    assert_eq!((outcome.status, outcome.counts.inserted), (Status::Held, 1), "{outcome:?}");
    assert_eq!(count(&fixture).await?, 1001, "upserts commit, deletes do not");
    assert_eq!(fixture.cycle(&job).await?.status, Status::Held);

    let allowed = Options { allow_deletes: true, ..fixture.options.clone() };
    let outcome = fixture.cycle_with(&job, &allowed).await?;
    assert_eq!((outcome.status, outcome.counts.deleted), (Status::Ok, 210), "{outcome:?}");
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn a_key_query_that_fails_or_loses_its_connection_deletes_nothing() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = filled(&job).await?;
    fixture.write("DELETE FROM items WHERE id <= 10").await?;
    let fails = "SELECT id / (id - 500) AS id FROM items";
    let is_cut =
        "SELECT CASE WHEN id = 500 THEN pg_terminate_backend(pg_backend_pid())::int ELSE id END AS id FROM items";
    // The first read of all keys comes to its end, and the second one, of those that may differ, does not.
    let is_cut_later = "SELECT CASE WHEN id = 1000 THEN id + set_config('elt.read', '0', false)::int \
         WHEN id = 500 AND current_setting('elt.read', true) = '0' THEN pg_terminate_backend(pg_backend_pid())::int \
         ELSE id END AS id FROM items ORDER BY items.id";
    for (query, failures) in [(fails, 1), (is_cut, 2), (is_cut_later, 3)] {
        let mut broken = job.clone();
        broken.select_keys.sql = query.to_owned();
        let outcome = fixture.cycle(&broken).await?;
        assert_eq!((outcome.status, count(&fixture).await?), (Status::Failed, 1000), "{outcome:?}");
        // The read fails, and not a later step that would have deleted first.
        let error = outcome.error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(error.contains(": read: "), "{error}");
        assert_eq!(number(&fixture.target, "SELECT failures::bigint FROM elt.jobs").await?, failures);
    }
    assert_eq!(fixture.good(&job).await?.counts.deleted, 10);
    Ok(())
}

#[tokio::test]
async fn rows_that_the_target_has_lost_are_read_again() -> anyhow::Result<()> {
    let job = items("title, category", "");
    let fixture = filled(&job).await?;
    fixture.good(&job).await?;
    fixture.target.batch_execute("DELETE FROM items WHERE id % 100 = 0").await?;
    // Something has to move, or nobody looks for an hour.
    assert_eq!(fixture.good(&job).await?.counts.changed(), 0);
    fixture.write("UPDATE items SET updated_at = localtimestamp WHERE id = 1").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!(outcome.counts.repaired, 10, "{outcome:?}");
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn a_row_with_a_null_timestamp_is_reported_as_missing_until_it_gets_one() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = filled(&job).await?;
    fixture.write("INSERT INTO items VALUES (2000, 'no stamp', NULL, NULL)").await?;
    assert_eq!(fixture.good(&job).await?.counts.missing, 1);
    fixture.write("UPDATE items SET updated_at = localtimestamp WHERE id = 2000").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.missing, outcome.counts.inserted), (0, 1), "{outcome:?}");
    Ok(())
}

#[tokio::test]
async fn a_soft_delete_sets_the_column_and_a_row_that_returns_clears_it() -> anyhow::Result<()> {
    let job = items("id", "DELETE: soft");
    let fixture = filled(&job).await?;
    fixture.write("CREATE TABLE saved AS SELECT * FROM items WHERE id <= 20; DELETE FROM items WHERE id <= 20").await?;
    assert_eq!(fixture.good(&job).await?.counts.deleted, 20);
    let marked = "SELECT count(*) FROM items WHERE elt_deleted_at IS NOT NULL";
    assert_eq!((number(&fixture.target, marked).await?, count(&fixture).await?), (20, 1000));
    assert_eq!(fixture.good(&job).await?.counts.changed(), 0);

    fixture.write("INSERT INTO items SELECT * FROM saved").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!(number(&fixture.target, marked).await?, 0, "{outcome:?}");
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn delete_off_deletes_nothing() -> anyhow::Result<()> {
    let job = items("id", "DELETE: off");
    let fixture = filled(&job).await?;
    fixture.write("DELETE FROM items WHERE id <= 10").await?;
    fixture.good(&job).await?;
    assert_eq!(count(&fixture).await?, 1000);
    Ok(())
}

#[tokio::test]
async fn a_row_that_holds_a_unique_value_of_a_new_row_is_deleted_first() -> anyhow::Result<()> {
    let job = items("id", "");
    let fixture = filled(&job).await?;
    fixture.target.batch_execute("CREATE UNIQUE INDEX ON items (title)").await?;
    fixture.write("DELETE FROM items WHERE id = 5; INSERT INTO items VALUES (2000, 'title 5')").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.deleted, outcome.counts.inserted), (1, 1), "{outcome:?}");
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn keys_are_compared_in_the_cycle_after_a_copy_into_an_empty_table() -> anyhow::Result<()> {
    let job = items("id", "MAX_DELETE_RATIO: 1");
    let fixture = Fixture::with(ITEMS, &job).await?;
    fixture.write("INSERT INTO items VALUES (1, 'x')").await?;
    fixture.good(&job).await?;
    fixture.write("DELETE FROM items").await?;
    // M has the same keys, none, as when they were last compared.
    assert_eq!(fixture.cycle(&job).await?.status, Status::Held);
    Ok(())
}

#[tokio::test]
async fn missing_rows_with_computed_keys_are_found_by_a_full_read() -> anyhow::Result<()> {
    let job = job("CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY, title text, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, title, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: INSERT INTO items (id, title, updated_at) VALUES (%s, upper(%s), %s) ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title, updated_at = EXCLUDED.updated_at
SELECT_KEYS_SQL: SELECT upper(title) AS title FROM items
TARGET_TABLE: items
KEY_COLUMNS: title
LAG: 0s
");
    let fixture = filled(&job).await?;
    fixture.good(&job).await?;
    fixture.target.batch_execute("DELETE FROM items WHERE id % 100 = 0").await?;
    fixture.write("UPDATE items SET title = 'renamed' WHERE id = 7; INSERT INTO items VALUES (2000, 'x')").await?;
    let outcome = fixture.good(&job).await?;
    assert!(outcome.counts.repaired >= 10, "{outcome:?}");
    let expected = "SELECT id, upper(title), updated_at FROM items";
    assert_eq!(
        rows(&fixture.target, "SELECT id, title, updated_at FROM items").await?,
        rows(&fixture.source, expected).await?
    );
    Ok(())
}

#[tokio::test]
async fn texts_that_are_equal_under_the_collation_of_the_target_are_one_key() -> anyhow::Result<()> {
    let mut job = items("title", "");
    let insensitive = "title text COLLATE \"elt_insensitive\"";
    job.create_table.sql = job.create_table.sql.replace("title text", insensitive);
    let mut fixture = Fixture::new().await?;
    let create = "CREATE COLLATION elt_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    fixture.target.batch_execute(create).await?;
    fixture.options.method = Method::RowByRow;
    fixture.write(ITEMS).await?;
    fixture.write("INSERT INTO items VALUES (1, 'tea')").await?;
    fixture.good(&job).await?;
    // By bytes M lacks this key. By the collation it has the key, and which of the two rows is right cannot be told.
    fixture.target.batch_execute("INSERT INTO items VALUES (2, 'TEA')").await?;
    fixture.write("UPDATE items SET updated_at = localtimestamp").await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.deleted, count(&fixture).await?), (0, 2), "{outcome:?}");
    Ok(())
}
