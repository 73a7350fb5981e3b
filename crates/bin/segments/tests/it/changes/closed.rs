//! A closed membership never changes, and of an open one only the end does.

use crate::fixture::Fixture;

#[tokio::test]
async fn the_database_rejects_changes_of_closed_memberships() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    for statement in [
        "UPDATE segments.memberships SET end_at = '2030-01-01' WHERE id = 2",
        "UPDATE segments.memberships SET closed_by = NULL WHERE id = 2",
        "UPDATE segments.memberships SET start_at = '2020-01-01' WHERE id = 1",
        "UPDATE segments.memberships SET user_id = 3 WHERE id = 1",
        "UPDATE segments.memberships SET hash_email = 'x' WHERE id = 1",
        "DELETE FROM segments.memberships WHERE id = 1",
        "DELETE FROM segments.memberships WHERE id = 2",
    ] {
        let error = fixture.run(statement).await.unwrap_err();
        assert!(format!("{error:?}").contains("cannot be changed"), "{statement}: {error:?}");
    }
    fixture.run("UPDATE segments.memberships SET end_at = '2099-01-01' WHERE id = 1").await?;
    let overlap =
        "INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by) VALUES (1, 1, '2030-01-01', 1)";
    assert!(format!("{:?}", fixture.run(overlap).await.unwrap_err()).contains("memberships_open"));
    Ok(())
}
