//! The import of the customer's original database.

use crate::fixture::{Fixture, data};

#[tokio::test]
async fn ids_are_kept_and_identities_continue() -> anyhow::Result<()> {
    let fixture = Fixture::imported().await?;
    let rows = fixture.rows("SELECT * FROM segments.users_segments ORDER BY id").await?;
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0], "1|1|1|2023-01-01T12:35:50");
    assert_eq!(rows[1], "2|1|2|2023-01-01T12:35:50|2024-01-01T00:00:00");
    let next = "SELECT nextval('segments.users_user_id_seq'), nextval('segments.segments_segment_id_seq'), nextval('segments.memberships_id_seq')";
    assert_eq!(fixture.rows(next).await?, ["17|10|9"]);
    fixture.audit().await
}

#[tokio::test]
async fn overlaps_are_cut_and_open_rows_of_the_deleted_are_closed() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.run(&data("original.sql")).await?;
    fixture
        .run(
            "TRUNCATE public.users_segments;
            UPDATE public.users SET is_deleted = true WHERE user_id = 9;
            UPDATE public.segments SET is_deleted = true WHERE segment_id = 9;
            INSERT INTO public.users_segments VALUES
                (1, 1, 1, '2023-01-01', '2023-03-01'),
                (2, 1, 1, '2023-02-01', '2023-04-01'),
                (3, 1, 1, '2023-02-15', '2023-02-20'),
                (4, 1, 1, '2023-05-01', NULL),
                (5, 1, 1, '2023-06-01', '2023-07-01'),
                (6, 2, 1, '2023-06-01', '2020-01-01'),
                (7, 2, 1, '2023-05-01', '2099-01-01'),
                (8, 2, 1, '2023-07-01', NULL),
                (9, 9, 1, '2023-01-01', NULL),
                (10, 3, 9, '2023-01-01', '2099-01-01'),
                (11, 9, 2, '2023-01-01', '2023-02-01');",
        )
        .await?;
    fixture.import().await?;
    fixture.audit().await?;
    let stays = fixture
        .rows(
            "SELECT id, start_at, end_at, closed_by IS NULL AS open FROM segments.memberships
            WHERE id NOT IN (7, 8, 9, 10) ORDER BY id",
        )
        .await?;
    let expected = [
        "1|2023-01-01T00:00:00|2023-03-01T00:00:00|false",
        "2|2023-03-01T00:00:00|2023-04-01T00:00:00|false",
        // Inside an earlier one: empty.
        "3|2023-04-01T00:00:00|2023-04-01T00:00:00|false",
        "4|2023-05-01T00:00:00|infinity|true",
        "5|2023-06-01T00:00:00|2023-06-01T00:00:00|false",
        // Was empty before.
        "6|2023-06-01T00:00:00|2020-01-01T00:00:00|false",
        "11|2023-01-01T00:00:00|2023-02-01T00:00:00|false",
    ];
    assert_eq!(stays, expected);
    let now = fixture
        .rows(
            "SELECT id, start_at = at AS begins_now, end_at = at AS ends_now, closed_by IS NULL AS open
            FROM segments.memberships JOIN segments.operations ON operation_id = opened_by
            WHERE id IN (7, 8, 9, 10) ORDER BY id",
        )
        .await?;
    assert_eq!(now, ["7|false|true|false", "8|true|false|true", "9|false|true|false", "10|false|true|false"]);
    Ok(())
}
