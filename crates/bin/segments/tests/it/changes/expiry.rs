//! Time to live: exact at every read, recorded once.

use std::time::Duration;

use database::PgTimestamp;
use futures_util::future::try_join_all;
use segments::changes::{Cause, Who, Wish};

use crate::fixture::Fixture;

/// Memberships with an end, in two segments, of eight users.
async fn with_ends(end: &str) -> anyhow::Result<Fixture> {
    let fixture = Fixture::new().await?;
    fixture
        .run(&format!(
            "INSERT INTO segments.users (user_id) SELECT generate_series(1, 8);
            INSERT INTO segments.segments (segment_id, name) VALUES (1, 'A'), (2, 'B');
            INSERT INTO segments.operations (operation_id, kind, actor) OVERRIDING SYSTEM VALUE VALUES (1, 'test', 'test');
            SELECT setval('segments.operations_operation_id_seq', 1);
            INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by)
            SELECT segment, n, '2020-01-01', {end}, 1 FROM generate_series(1, 8) AS n, generate_series(1, 2) AS segment"
        ))
        .await?;
    Ok(fixture)
}

#[tokio::test]
async fn three_replicas_record_an_expiry_once() -> anyhow::Result<()> {
    let fixture = with_ends("'2021-01-01'").await?;
    let counts = try_join_all((0..3).map(|_| fixture.changes.sweep())).await?;
    assert_eq!(counts.iter().sum::<i64>(), 16);
    let operations =
        "SELECT kind, segment_id, detail FROM segments.operations WHERE kind = 'expire' ORDER BY segment_id";
    assert_eq!(fixture.rows(operations).await?, ["expire|1|{\"count\": 8}", "expire|2|{\"count\": 8}"]);
    let rows = "SELECT DISTINCT end_at, closed_by IS NULL AS open FROM segments.memberships";
    assert_eq!(fixture.rows(rows).await?, ["2021-01-01T00:00:00|false"]);
    assert_eq!(fixture.changes.sweep().await?, 0);
    fixture.audit().await
}

#[tokio::test]
async fn without_a_sweeper_a_membership_ends_at_its_microsecond() -> anyhow::Result<()> {
    let fixture = with_ends("'2021-01-01 12:00:00.000001'").await?;
    let as_of = include_str!("../../../../../../sql/segments/history/select_user_as_of.sql");
    for (instant, expected) in [
        ("2019-12-31 23:59:59.999999", 0),
        ("2020-01-01", 2),
        ("2021-01-01 12:00:00", 2),
        ("2021-01-01 12:00:00.000001", 0),
    ] {
        let query = as_of.replace("$1", "3").replace("$2", &format!("timestamp '{instant}'"));
        assert_eq!(fixture.rows(&query).await?.len(), expected, "{instant}");
    }
    Ok(())
}

#[tokio::test]
async fn a_write_to_an_expired_pair_closes_it_first() -> anyhow::Result<()> {
    let fixture = with_ends("'2021-01-01'").await?;
    let wish = |_: &_| Ok::<_, ()>(vec![Wish::Join { segment_id: 1, end: PgTimestamp::INFINITY }]);
    fixture.changes.change_user(Who::Id(3), &["A"], &Cause::task("test"), wish).await.unwrap();
    let rows = "SELECT end_at, opening.kind, closing.kind AS closing FROM segments.memberships
        JOIN segments.operations AS opening ON opening.operation_id = opened_by
        LEFT JOIN segments.operations AS closing ON closing.operation_id = closed_by
        WHERE memberships.user_id = 3 AND memberships.segment_id = 1 ORDER BY memberships.id";
    assert_eq!(fixture.rows(rows).await?, ["2021-01-01T00:00:00|test|expire", "infinity|change_user"]);
    fixture.audit().await
}

#[tokio::test]
async fn the_service_sweeps_within_seconds() -> anyhow::Result<()> {
    let fixture = with_ends("'2021-01-01'").await?;
    let _service = crate::service::Service::start(&fixture.url, &[]).await?;
    for _ in 0..100 {
        if fixture.rows("SELECT id FROM segments.memberships WHERE closed_by IS NULL").await?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("nothing was closed in ten seconds")
}
