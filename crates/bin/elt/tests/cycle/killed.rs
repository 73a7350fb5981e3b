//! SIGKILL at each named point of a cycle: data, deletes and state are one transaction.

use std::os::unix::process::ExitStatusExt;

use crate::{
    child::{self, job},
    fixture::{Fixture, ITEMS, ITEMS_OF, number, rows},
};

const CHANGES: &str = "UPDATE items SET title = 'new', updated_at = localtimestamp WHERE id <= 20;
    UPDATE items SET title = 'renamed' WHERE id = 30; DELETE FROM items WHERE id > 90;
    INSERT INTO items VALUES (1000, 'title 1')";

/// The points, and whether A has been committed there.
const POINTS: [(&str, bool); 7] = [
    ("locked", false),
    ("staged", false),
    ("upserted", false),
    ("deleted", false),
    ("recorded", false),
    ("committed", true),
    ("cached", true),
];

#[tokio::test]
async fn after_sigkill_at_any_point_the_target_is_old_or_new_and_the_next_cycle_completes_it() -> anyhow::Result<()> {
    for (point, committed) in POINTS {
        let fixture = Fixture::new().await?;
        fixture.write(ITEMS).await?;
        fixture.write("INSERT INTO items SELECT n, 'title ' || n FROM generate_series(1, 100) AS n").await?;
        fixture.good(&job()).await?;
        fixture.write(CHANGES).await?;
        let before = (rows(&fixture.target, ITEMS_OF).await?, token(&fixture).await?);

        let mut child = child::start(&fixture, &format!("{point}=return"))?;
        let status = tokio::task::spawn_blocking(move || child.wait()).await??;
        assert_eq!(status.signal(), Some(9), "{point}: {status:?}");
        wait_for_the_backend(&fixture).await?;
        let wanted = rows(&fixture.source, ITEMS_OF).await?;
        if committed {
            assert_eq!(rows(&fixture.target, ITEMS_OF).await?, wanted, "{point}");
            assert_ne!(token(&fixture).await?, before.1, "{point}");
        } else {
            assert_eq!((rows(&fixture.target, ITEMS_OF).await?, token(&fixture).await?), before, "{point}");
        }
        fixture.good(&job()).await?;
        assert_eq!(rows(&fixture.target, ITEMS_OF).await?, wanted, "{point}");
        assert_eq!(fixture.good(&job()).await?.counts.changed(), 0, "{point}");
    }
    Ok(())
}

async fn token(fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    rows(&fixture.target, "SELECT token, watermark FROM elt.jobs").await
}

/// A notices the death of its client a moment later.
async fn wait_for_the_backend(fixture: &Fixture) -> anyhow::Result<()> {
    let others = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7224647
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while number(&fixture.target, others).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
