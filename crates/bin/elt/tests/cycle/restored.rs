//! Restored databases: Redis and state decide nothing alone.

use elt::watermark::FullRead;

use crate::fixture::{Fixture, ITEMS, ITEMS_OF, connect, items, rows};

async fn filled() -> anyhow::Result<Fixture> {
    let fixture = Fixture::new().await?;
    fixture.write(ITEMS).await?;
    fixture.write("INSERT INTO items SELECT n, 'title ' || n, NULL FROM generate_series(1, 300) AS n").await?;
    Ok(fixture)
}

async fn assert_equal(fixture: &Fixture) -> anyhow::Result<()> {
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn a_restored_target_is_equal_after_one_cycle_with_redis_untouched() -> anyhow::Result<()> {
    let job = items("id", "LAG: 1h");
    let mut fixture = filled().await?;
    fixture.good(&job).await?;
    fixture.good(&job).await?;
    // A backup of A is a copy of its database; nobody may be connected meanwhile.
    let stack = devstack::shared().await?;
    let (old, copy) = (database(&fixture.target_url), stack.fresh_name("elt_backup").await?);
    fixture.target = connect(&fixture.source_url).await?;
    let copied = loop {
        // Connections of the cycles end a moment after their clients.
        match stack.create_database_from(&old, &copy).await {
            Ok(url) => break url,
            Err(error) if format!("{error:?}").contains("being accessed") => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    };
    let (current, backup) = (fixture.target_url.clone(), copied);
    fixture.target = connect(&current).await?;
    fixture
        .write(
            "UPDATE items SET title = 'x', updated_at = localtimestamp WHERE id <= 50; DELETE FROM items WHERE id > 280;
             INSERT INTO items VALUES (1000, 'new')",
        )
        .await?;
    fixture.good(&job).await?;
    assert_equal(&fixture).await?;

    fixture.target_url = backup;
    fixture.target = connect(&fixture.target_url).await?;
    let outcome = fixture.good(&job).await?;
    assert!(outcome.counts.changed() >= 71, "{outcome:?}");
    assert_equal(&fixture).await
}

#[tokio::test]
async fn a_restored_source_is_read_in_full() -> anyhow::Result<()> {
    let job = items("id", "");
    let mut fixture = filled().await?;
    fixture.good(&job).await?;
    // The dump is of this moment, what follows is lost.
    let lost = "UPDATE items SET title = 'lost', updated_at = localtimestamp WHERE id <= 20; INSERT INTO items VALUES (1000, 'lost')";
    let stack = devstack::shared().await?;
    let restored = stack.create_database(&stack.fresh_name("elt_restored").await?).await?;
    let other = connect(&restored).await?;
    other.batch_execute(ITEMS).await?;
    for row in fixture.source.query("SELECT id, title, updated_at::text FROM items", &[]).await? {
        let (id, title, stamp): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
        other.batch_execute(&format!("INSERT INTO items VALUES ({id}, '{title}', NULL, '{stamp}')")).await?;
    }
    fixture.write(lost).await?;
    fixture.good(&job).await?;
    fixture.good(&job).await?;

    fixture.source_url = restored;
    fixture.source = other;
    let outcome = fixture.good(&job).await?;
    assert_eq!(outcome.full_read, Some(FullRead::OtherDatabase));
    assert_eq!((outcome.counts.read, outcome.counts.updated, outcome.counts.deleted), (300, 20, 1), "{outcome:?}");
    assert_equal(&fixture).await
}

fn database(url: &str) -> String {
    url.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned()
}
