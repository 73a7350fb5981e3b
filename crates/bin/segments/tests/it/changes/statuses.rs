//! Users are removed, excluded and return.

use database::PgTimestamp;
use segments::changes::{Cause, Status, Who, Wish};
use uuid::Uuid;

use crate::fixture::Fixture;

/// A user who is in A by request and in B by a refresh.
async fn with_user() -> anyhow::Result<(Fixture, Uuid)> {
    let fixture = Fixture::new().await?;
    fixture
        .run(
            "INSERT INTO segments.operations (kind, actor) VALUES ('test', 'test');
            INSERT INTO segments.users DEFAULT VALUES;
            INSERT INTO segments.segments (name, refresh_auto) VALUES ('A', false), ('B', true);
            INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh)
            VALUES (1, 1, '2020-01-01', 1, false), (2, 1, '2020-01-01', 1, true)",
        )
        .await?;
    let guid = fixture.rows("SELECT guid FROM segments.users").await?[0].parse()?;
    Ok((fixture, guid))
}

async fn open(fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    fixture.rows("SELECT segment_id FROM segments.memberships WHERE closed_by IS NULL ORDER BY segment_id").await
}

#[tokio::test]
async fn an_excluded_user_leaves_automatic_segments_only_and_a_removed_one_all() -> anyhow::Result<()> {
    let (fixture, guid) = with_user().await?;
    let (changes, cause) = (&fixture.changes, Cause::task("test"));
    assert!(changes.set_status(guid, Status::Excluded, 1, false, &cause).await?);
    assert_eq!(open(&fixture).await?, ["1"]);
    assert!(changes.set_status(guid, Status::Removed, 2, false, &cause).await?);
    assert_eq!(open(&fixture).await?, Vec::<String>::new());
    assert!(changes.set_status(guid, Status::Active, 3, false, &cause).await?);
    assert_eq!(open(&fixture).await?, Vec::<String>::new(), "who returns has none");
    fixture.audit().await
}

#[tokio::test]
async fn the_answer_to_an_earlier_request_is_not_stored() -> anyhow::Result<()> {
    let (fixture, guid) = with_user().await?;
    let (changes, cause) = (&fixture.changes, Cause::task("test"));
    changes.set_status(guid, Status::Active, 8, false, &cause).await?;
    changes.set_status(guid, Status::Removed, 7, false, &cause).await?;
    assert_eq!(fixture.rows("SELECT status, asked FROM segments.users").await?, ["active|8"]);
    assert_eq!(open(&fixture).await?, ["1", "2"]);
    Ok(())
}

#[tokio::test]
async fn an_unknown_user_is_created_once_or_not_at_all() -> anyhow::Result<()> {
    let (fixture, _) = with_user().await?;
    let (changes, cause, guid) = (&fixture.changes, Cause::task("test"), Uuid::from_u128(7));
    assert!(!changes.set_status(guid, Status::Active, 1, false, &cause).await?);
    for asked in [2, 3] {
        assert!(changes.set_status(guid, Status::Active, asked, true, &cause).await?);
    }
    let users = "SELECT user_id, status, asked FROM segments.users WHERE user_id > 1";
    assert_eq!(fixture.rows(users).await?, ["2|active|3"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.operations WHERE kind = 'create_user'").await?, ["1"]);
    Ok(())
}

#[tokio::test]
async fn a_removed_user_cannot_join() -> anyhow::Result<()> {
    let (fixture, guid) = with_user().await?;
    let (changes, cause) = (&fixture.changes, Cause::task("test"));
    changes.set_status(guid, Status::Removed, 1, false, &cause).await?;
    let wish = |_: &_| Ok::<_, ()>(vec![Wish::Join { segment_id: 1, end: PgTimestamp::INFINITY }]);
    changes.change_user(Who::Guid(guid), &["A"], &cause, wish).await.unwrap();
    assert_eq!(open(&fixture).await?, Vec::<String>::new());
    Ok(())
}
