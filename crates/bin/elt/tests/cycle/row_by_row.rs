//! Upserts that cannot be written over a stage: MERGE, a function.

use crate::fixture::{Fixture, ITEMS, ITEMS_OF, job, rows};

const CHANGES: &str = "UPDATE items SET title = 'new', updated_at = localtimestamp WHERE id <= 20;
    DELETE FROM items WHERE id > 950; INSERT INTO items VALUES (2000, 'more', NULL)";

const MERGE: &str = "MERGE INTO items AS t USING (SELECT %s AS id, %s AS title, %s AS category, %s AS updated_at) AS s
  ON t.id = s.id WHEN MATCHED THEN UPDATE SET title = s.title, category = s.category, updated_at = s.updated_at
  WHEN NOT MATCHED THEN INSERT (id, title, category, updated_at) VALUES (s.id, s.title, s.category, s.updated_at)";

const FUNCTION: &str = "SELECT put_item(%s, %s, %s, %s)";

async fn assert_copies(upsert: &str) -> anyhow::Result<()> {
    let job = job(&format!(
        "CREATE_TABLE_SQL: CREATE TABLE IF NOT EXISTS items (id int PRIMARY KEY, title text, category text, updated_at timestamp)
SELECT_SOURCE_SQL: SELECT id, title, category, updated_at FROM items WHERE updated_at > %s
UPSERT_TARGET_SQL: |
  {upsert}
SELECT_KEYS_SQL: SELECT id FROM items
TARGET_TABLE: items
KEY_COLUMNS: id
"
    ));
    assert!(job.upsert.set_based.is_err());
    let fixture = Fixture::new().await?;
    fixture
        .target
        .batch_execute(
            "CREATE FUNCTION put_item(int, text, text, timestamp) RETURNS void LANGUAGE plpgsql AS
             'BEGIN INSERT INTO items VALUES ($1, $2, $3, $4)
              ON CONFLICT (id) DO UPDATE SET title = $2, category = $3, updated_at = $4; END'",
        )
        .await?;
    fixture.write(ITEMS).await?;
    fixture
        .write("INSERT INTO items SELECT n, 'title ' || n, NULLIF(n % 3, 0)::text FROM generate_series(1, 1000) AS n")
        .await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.read, outcome.counts.updated), (1000, 1000), "{outcome:?}");
    fixture.write(CHANGES).await?;
    let outcome = fixture.good(&job).await?;
    assert_eq!((outcome.counts.updated, outcome.counts.deleted), (21, 50), "{outcome:?}");
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);

    // A row that A lost comes back by its key, one row that A refuses is named.
    fixture
        .target
        .batch_execute("DELETE FROM items WHERE id = 500; ALTER TABLE items ADD CHECK (title <> 'secret')")
        .await?;
    fixture.write("INSERT INTO items VALUES (2001, 'x')").await?;
    assert_eq!(fixture.good(&job).await?.counts.repaired, 1);
    fixture.write("INSERT INTO items VALUES (2002, 'secret')").await?;
    let error = fixture.cycle(&job).await?.error.unwrap();
    assert!(
        error.detail.as_ref().is_some_and(|detail| detail.contains(r#"row: (\x000007d2, "secret", NULL,"#)),
        "{error:?}"
    );
    assert!(!error.message.contains("secret"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_merge_runs_for_each_row() -> anyhow::Result<()> {
    assert_copies(MERGE).await
}

#[tokio::test]
async fn a_function_runs_for_each_row() -> anyhow::Result<()> {
    assert_copies(FUNCTION).await
}
