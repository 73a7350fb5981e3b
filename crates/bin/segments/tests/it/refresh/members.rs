//! What a refresh changes.

use segments::refresh::{Params, State};

use super::Automatic;

#[tokio::test]
async fn the_members_become_the_rows_of_the_query_and_other_rows_stay() -> anyhow::Result<()> {
    let automatic = Automatic::new(5).await?;
    automatic.fixture.run("CREATE TABLE public.wanted (user_id int, hash_email text)").await?;
    automatic.fixture.run("GRANT SELECT ON public.wanted TO PUBLIC; INSERT INTO wanted VALUES (1, 'a'), (2, 'b'), (2, 'b'), (3, 'c'), (99, 'z')").await?;
    automatic.query("A", "SELECT user_id, hash_email FROM public.wanted;").await?;
    let outcome = automatic.refresh("A").await?;
    assert_eq!((outcome.received, outcome.invalid, outcome.coverage), (Some(5), Some(1), Some(3)), "{outcome:?}");
    let xmin = "SELECT user_id, xmin, end_at FROM segments.memberships WHERE user_id = 1";
    let before = automatic.fixture.rows(xmin).await?;
    // One leaves, one has another hash, one joins.
    automatic.fixture.run("DELETE FROM wanted WHERE user_id = 2; UPDATE wanted SET hash_email = 'd' WHERE user_id = 3; INSERT INTO wanted VALUES (5, 'e')").await?;
    automatic.succeeds("A").await?;
    assert_eq!(automatic.members("A").await?, ["1", "3", "5"]);
    assert_eq!(automatic.fixture.rows(xmin).await?, before, "an untouched row keeps its place");
    let adjoining = "SELECT earlier.hash_email, later.hash_email AS h FROM segments.memberships AS earlier
        JOIN segments.memberships AS later ON later.start_at = earlier.end_at AND later.user_id = earlier.user_id";
    assert_eq!(automatic.fixture.rows(adjoining).await?, ["c|d"]);
    let operations = "SELECT kind, actor, detail ->> 'joining' AS j, detail ->> 'leaving' AS l FROM segments.operations
        WHERE kind = 'refresh' ORDER BY operation_id";
    assert_eq!(automatic.fixture.rows(operations).await?, ["refresh|test|3|0", "refresh|test|1|1"]);
    automatic.fixture.audit().await
}

#[tokio::test]
async fn members_by_request_stay_and_managed_ones_cannot_be_removed() -> anyhow::Result<()> {
    use segments::changes::{Cause, Who, Wish};
    let automatic = Automatic::new(3).await?;
    automatic.query("A", "SELECT 1 AS user_id").await?;
    let join = |_: &_| Ok::<_, ()>(vec![Wish::Join { segment_id: 1, end: database::PgTimestamp::INFINITY }]);
    automatic.fixture.changes.change_user(Who::Id(2), &["A"], &Cause::task("test"), join).await.unwrap();
    automatic.succeeds("A").await?;
    assert_eq!(automatic.members("A").await?, ["1", "2"]);
    let leave = |_: &_| Ok::<_, ()>(vec![Wish::Leave { segment_id: 1 }]);
    for user in [1, 2] {
        automatic.fixture.changes.change_user(Who::Id(user), &["A"], &Cause::task("test"), leave).await.unwrap();
    }
    assert_eq!(automatic.members("A").await?, ["1"], "the member of the refresh is managed");
    automatic.fixture.audit().await
}

#[tokio::test]
async fn an_id_from_outside_is_a_source_id_or_else_a_guid() -> anyhow::Result<()> {
    let automatic = Automatic::new(4).await?;
    automatic
        .fixture
        .run("UPDATE segments.users SET status = 'excluded' WHERE user_id = 4;
            UPDATE segments.users SET source_id = (SELECT guid::text FROM segments.users WHERE user_id = 2) WHERE user_id = 3")
        .await?;
    // The guid of 2 is the source id of 3, so 3 is meant; 4 is excluded.
    automatic
        .query(
            "A",
            "SELECT guid::text AS id FROM segments.users WHERE user_id IN (1, 2) UNION ALL VALUES ('s4'), ('unknown')",
        )
        .await?;
    let outcome = automatic.refresh("A").await?;
    assert_eq!(automatic.members("A").await?, ["1", "3"], "{outcome:?}");
    assert_eq!((outcome.received, outcome.invalid), (Some(4), Some(1)));
    Ok(())
}

#[tokio::test]
async fn ids_may_be_text_and_a_text_that_is_none_names_nobody() -> anyhow::Result<()> {
    let automatic = Automatic::new(4).await?;
    let guids = "SELECT '{' || upper(guid::text) || '}' AS guid FROM segments.users WHERE user_id = 1 UNION ALL
        SELECT replace(guid::text, '-', '') FROM segments.users WHERE user_id = 2 UNION ALL
        SELECT '{' || guid::text FROM segments.users WHERE user_id = 3 UNION ALL VALUES ('4'), (E'a\\tb\\n'), (NULL)";
    automatic.query("A", guids).await?;
    let outcome = automatic.refresh("A").await?;
    assert_eq!(automatic.members("A").await?, ["1", "2"], "{outcome:?}");
    assert_eq!((outcome.received, outcome.invalid), (Some(6), Some(4)));

    let numbers = "SELECT * FROM (VALUES ('1'), ('+3'), ('-1'), ('4.0'), ('2147483649'), ('99999999999999999999'), ('four'), (NULL))
        AS given (user_id)";
    automatic.query("B", numbers).await?;
    let outcome = automatic.refresh("B").await?;
    assert_eq!(automatic.members("B").await?, ["1", "3"], "{outcome:?}");
    assert_eq!((outcome.received, outcome.invalid), (Some(8), Some(6)));
    automatic.query("C", "SELECT 4::bigint AS user_id UNION ALL SELECT 4294967297").await?;
    automatic.succeeds("C").await?;
    assert_eq!(automatic.members("C").await?, ["4"]);
    Ok(())
}

#[tokio::test]
async fn after_a_procedure_the_table_is_read() -> anyhow::Result<()> {
    let automatic = Automatic::new(3).await?;
    automatic
        .fixture
        .run(
            "CREATE PROCEDURE public.fill(number int) LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.test_segment (segment_id, id)
                SELECT id, 's' || number FROM public.segment_ids;
                COMMIT;
            END $$;
            CREATE VIEW public.segment_ids AS SELECT id FROM segments.segments WHERE name = 'A';
            GRANT SELECT ON public.segment_ids TO PUBLIC;
            GRANT ALL ON public.test_segment TO PUBLIC;
            INSERT INTO segmenter_segments (name, refresh_auto, refresh_params, table_name)
            VALUES ('A', true, '{\"procedure\": {\"sql\": \"CALL public.fill(2)\"}}', 'public.test_segment')",
        )
        .await?;
    automatic.succeeds("A").await?;
    assert_eq!(automatic.members("A").await?, ["2"]);
    automatic.fixture.run("UPDATE public.test_segment SET actual_end = now()").await?;
    let failed = automatic.refresh("A").await?;
    assert_eq!(failed.state, State::Failed, "the procedure violates the unique constraint: {failed:?}");
    assert_eq!(automatic.members("A").await?, ["2"]);
    Ok(())
}

#[tokio::test]
async fn a_shrunken_source_changes_nothing_until_it_is_forced() -> anyhow::Result<()> {
    let automatic = Automatic::new(1200).await?;
    automatic
        .fixture
        .run("CREATE TABLE public.wanted AS SELECT user_id FROM segments.users; GRANT SELECT ON wanted TO PUBLIC")
        .await?;
    automatic.query("A", "SELECT user_id FROM public.wanted").await?;
    automatic.succeeds("A").await?;
    automatic.fixture.run("DELETE FROM wanted").await?;
    let rejected = automatic.refresh("A").await?;
    assert_eq!(rejected.state, State::Rejected, "{rejected:?}");
    assert!(rejected.message.starts_with("1200 of 1200 members would leave"), "{}", rejected.message);
    assert_eq!(automatic.members("A").await?.len(), 1200);
    let preview =
        automatic.refresher.preview("A", &Params::parse(r#"{"query":{"sql":"SELECT 7 AS user_id"}}"#)?, None).await;
    let preview = preview.unwrap().unwrap();
    assert_eq!((preview.count, preview.joining, preview.leaving, preview.leaving_users.len()), (1, 0, 1199, 100));
    assert_eq!(automatic.members("A").await?.len(), 1200, "a preview changes nothing");
    assert_eq!(automatic.refresh_with("A", true).await?.state, State::Success);
    assert_eq!(automatic.members("A").await?, Vec::<String>::new());
    automatic.fixture.audit().await
}

#[tokio::test]
async fn members_by_request_count_for_the_guard() -> anyhow::Result<()> {
    let automatic = Automatic::new(1200).await?;
    automatic
        .fixture
        .run("CREATE TABLE public.wanted AS SELECT user_id FROM segments.users WHERE user_id <= 900; GRANT SELECT ON wanted TO PUBLIC")
        .await?;
    automatic.query("A", "SELECT user_id FROM public.wanted").await?;
    automatic
        .fixture
        .run(
            "INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
            SELECT 1, user_id, now() AT TIME ZONE 'UTC', (SELECT max(operation_id) FROM segments.operations)
            FROM segments.users WHERE user_id > 900",
        )
        .await?;
    automatic.succeeds("A").await?;
    automatic.fixture.run("DELETE FROM wanted").await?;
    let rejected = automatic.refresh("A").await?;
    assert!(rejected.message.starts_with("900 of 1200 members would leave"), "{rejected:?}");
    assert_eq!(automatic.members("A").await?.len(), 1200);
    Ok(())
}
