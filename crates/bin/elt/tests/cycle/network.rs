//! Networks that lose the answer to a COMMIT, and a pooler between the service and its databases.

use devstack::{NetworkFault, Options, Stack};
use elt::Status;

use crate::fixture::{Fixture, ITEMS, ITEMS_OF, items, rows};

const CHANGES: &str = "UPDATE items SET title = 'new ' || id, updated_at = localtimestamp WHERE id <= 20;
    DELETE FROM items WHERE id > 90; INSERT INTO items VALUES (1000 + (SELECT max(id) FROM items), 'more')";

async fn filled(stack: &Stack) -> anyhow::Result<Fixture> {
    let fixture = Fixture::on(stack.endpoints()).await?;
    fixture.write(ITEMS).await?;
    fixture.write("INSERT INTO items SELECT n, 'title ' || n FROM generate_series(1, 100) AS n").await?;
    Ok(fixture)
}

async fn assert_equal(fixture: &Fixture) -> anyhow::Result<()> {
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, ITEMS_OF).await?);
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_to_a_commit_loses_nothing_and_writes_nothing_twice() -> anyhow::Result<()> {
    let stack = Stack::start(Options { proxied: true, ..Options::for_tests() }).await?;
    let proxy = &stack.proxies().unwrap().postgres;
    let job = items("id", "LAG: 1h");
    for fault in [NetworkFault::LoseCommits, NetworkFault::SwallowCommits] {
        let mut fixture = filled(&stack).await?;
        fixture.good(&job).await?;
        fixture.write(CHANGES).await?;
        let direct = fixture.target_url.clone();
        fixture.target_url = stack
            .proxies()
            .unwrap()
            .endpoints()
            .database_url(direct.rsplit('/').next().unwrap().split('?').next().unwrap());
        proxy.set(fault);
        let outcome = fixture.cycle(&job).await?;
        assert_eq!(outcome.status, Status::Failed, "{fault:?}: {outcome:?}");
        assert!(outcome.error.unwrap().is_outage(), "{fault:?}");
        proxy.set(NetworkFault::Fair);
        let outcome = fixture.good(&job).await?;
        assert_equal(&fixture).await?;
        let committed = fault == NetworkFault::LoseCommits;
        assert_eq!(outcome.counts.changed() == 0, committed, "{fault:?}: {outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn cycles_run_through_a_pooler_side_by_side() -> anyhow::Result<()> {
    let stack = Stack::start(Options { pooled: Some(2), ..Options::for_tests() }).await?;
    let pooled = stack.pooled_endpoints().unwrap();
    let name = |url: &str| url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let mut fixture = filled(&stack).await?;
    let types = "CREATE TYPE mood AS ENUM ('sad', 'ok')";
    fixture.write(types).await?;
    fixture.write("ALTER TABLE items ADD mood mood DEFAULT 'ok'").await?;
    fixture.source_url = pooled.database_url(&name(&fixture.source_url));
    fixture.target_url = pooled.database_url(&name(&fixture.target_url));
    let mut job = items("id", "LAG: 1h");
    job.select_source.sql = job.select_source.sql.replace("category,", "mood,");
    for _ in 0..3 {
        // One of the two runs, the other finds the table locked or fails to get a connection in time.
        let (one, other) = tokio::join!(fixture.cycle(&job), fixture.cycle(&job));
        for outcome in [one?, other?] {
            assert_ne!(outcome.status, Status::Failed, "{outcome:?}");
        }
        fixture.write(CHANGES).await?;
    }
    fixture.good(&job).await?;
    let of_m = "SELECT id, title, mood::text, updated_at FROM items";
    assert_eq!(rows(&fixture.target, ITEMS_OF).await?, rows(&fixture.source, of_m).await?);
    Ok(())
}
