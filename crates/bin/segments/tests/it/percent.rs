//! Percentages: which users, snapshots, and live ones that miss nobody.

use futures_util::future::try_join_all;
use segments::{
    changes::{CannotAssign, Cause, Changes, Error, Status},
    percent::{Assign, Percent},
    refresh::{Refresher, State},
};
use uuid::Uuid;

use crate::fixture::Fixture;

async fn assign(fixture: &Fixture, name: &str, text: &str) -> Result<(u64, u64), Error<CannotAssign>> {
    let assign = Assign::parse(&serde_json::from_str(text).unwrap()).unwrap();
    let assigned = fixture.changes.assign(name, &assign, &Cause::task("test")).await?;
    Ok((assigned.joined, assigned.left))
}

/// Users with random GUIDs, and segments.
async fn with(users: u32, segments: &[&str]) -> anyhow::Result<Fixture> {
    let fixture = Fixture::new().await?;
    fixture.run(&format!("INSERT INTO segments.users (user_id) SELECT generate_series(1, {users}); SELECT setval('segments.users_user_id_seq', {users})")).await?;
    for name in segments {
        fixture.changes.create_segment(name, 0, &Cause::task("test")).await.unwrap();
    }
    Ok(fixture)
}

async fn members(fixture: &Fixture, name: &str) -> anyhow::Result<Vec<String>> {
    fixture
        .rows(&format!(
            "SELECT user_id FROM segments.memberships JOIN segments.segments USING (segment_id)
            WHERE name = '{name}' AND closed_by IS NULL ORDER BY user_id"
        ))
        .await
}

#[tokio::test]
async fn ten_percent_of_a_hundred_thousand_and_raising_removes_nobody() -> anyhow::Result<()> {
    let fixture = with(100_000, &["A"]).await?;
    let (joined, left) = assign(&fixture, "A", r#"{"percent":10,"mode":"live"}"#).await.unwrap();
    assert!((9_700..=10_300).contains(&joined), "{joined}");
    assert_eq!(left, 0);
    let first = members(&fixture, "A").await?;
    // The same again changes nothing, on this replica or another.
    let again = Changes::new(fixture.pool()?);
    let ten = Assign::parse(&serde_json::json!({ "percent": 10, "mode": "live" })).unwrap();
    assert_eq!(again.assign("A", &ten, &Cause::task("test")).await.unwrap().joined, 0);
    let (more, left) = assign(&fixture, "A", r#"{"percent":25,"mode":"live"}"#).await.unwrap();
    assert!(more > 14_000 && left == 0, "{more} {left}");
    let closed = "SELECT count(*) FROM segments.memberships WHERE closed_by IS NOT NULL";
    assert_eq!(fixture.rows(closed).await?, ["0"]);
    let (joined, left) = assign(&fixture, "A", r#"{"percent":10,"mode":"live"}"#).await.unwrap();
    assert_eq!((joined, left), (0, more));
    assert_eq!(members(&fixture, "A").await?, first);
    assign(&fixture, "A", r#"{"percent":0.5,"mode":"live","sticky":true}"#).await.unwrap();
    assert_eq!(members(&fixture, "A").await?, first, "a sticky percentage removes nobody");
    fixture.audit().await
}

#[tokio::test]
async fn a_snapshot_takes_members_of_other_segments_for_a_time() -> anyhow::Result<()> {
    let fixture = with(1000, &["A", "B", "C", "D"]).await?;
    fixture
        .run("INSERT INTO segments.operations (operation_id, kind, actor) VALUES (1000, 'test', 'test');
            INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by)
            SELECT segment, n, '2020-01-01', 1000 FROM (VALUES (1, 1, 400), (2, 201, 600), (3, 301, 320)) AS given (segment, low, high),
                generate_series(low, high) AS n")
        .await?;
    let all = r#"{"percent":100,"include":["A","B"],"exclude":["C"],"match":"all","time_to_live":3600}"#;
    assert_eq!(assign(&fixture, "D", all).await.unwrap(), (180, 0));
    assert_eq!(
        assign(&fixture, "D", r#"{"percent":100,"include":["A","B"],"exclude":["C"]}"#).await.unwrap(),
        (400, 0)
    );
    let ends = "SELECT count(*) FILTER (WHERE end_at < 'infinity') AS timed, bool_and(NOT by_refresh) AS given
        FROM segments.memberships WHERE segment_id = 4";
    assert_eq!(fixture.rows(ends).await?, ["180|true"]);
    let missing = assign(&fixture, "D", r#"{"percent":5,"include":["A","X"]}"#).await;
    let Err(Error::Rejected(CannotAssign::Filters(missing))) = missing else { anyhow::bail!("{missing:?}") };
    assert_eq!(missing, ["X"]);
    fixture.audit().await
}

#[tokio::test]
async fn a_user_who_is_created_during_an_assignment_is_a_member_at_once_and_stays() -> anyhow::Result<()> {
    let fixture = with(20_000, &["A"]).await?;
    let assigning = async {
        for percent in [10, 20, 30, 40, 100] {
            assign(&fixture, "A", &format!(r#"{{"percent":{percent},"mode":"live"}}"#)).await.unwrap();
        }
    };
    let creating = async {
        try_join_all((1..=200).map(|number| {
            let changes = fixture.changes.clone();
            async move { changes.create_guid(Uuid::from_u128(number), &Cause::task("test")).await }
        }))
        .await
    };
    let ((), created) = tokio::join!(assigning, creating);
    created.unwrap();
    assert_eq!(members(&fixture, "A").await?.len(), 20_200, "nobody is missed");
    // One who is created now is in at once; one who is excluded leaves, and returns.
    let late = Uuid::from_u128(777);
    fixture.changes.create_guid(late, &Cause::task("test")).await.unwrap();
    let of_late =
        "SELECT opening.kind, opening.detail -> 'added' -> 0 ->> 'bucket' AS bucket, closed_by IS NULL AS open
        FROM segments.memberships JOIN segments.users USING (user_id)
        JOIN segments.operations AS opening ON opening.operation_id = opened_by
        WHERE guid = '00000000-0000-0000-0000-000000000309' ORDER BY memberships.id";
    let bucket = segments::bucket::bucket("A", late);
    assert_eq!(fixture.rows(of_late).await?, [format!("create_user|{bucket}|true")]);
    for status in [Status::Excluded, Status::Active] {
        let asked = fixture.changes.next_request().await.unwrap();
        fixture.changes.set_status(late, status, asked, false, &Cause::task("test")).await.unwrap();
    }
    let expected = [format!("create_user|{bucket}|false"), format!("user_status|{bucket}|true")];
    assert_eq!(fixture.rows(of_late).await?, expected);
    fixture.audit().await
}

#[tokio::test]
async fn a_live_percentage_of_other_segments_is_recomputed_only_after_changes() -> anyhow::Result<()> {
    let fixture = with(100, &["A", "B"]).await?;
    let refresher = Refresher::new(fixture.pool()?, None, std::time::Duration::from_secs(10));
    assign(&fixture, "B", r#"{"percent":100,"include":["A"],"mode":"live"}"#).await.unwrap();
    let service = crate::service::Service::start(&fixture.url, &[]).await?;
    let touched = "SELECT segments.touched(refresh_params::jsonb, seen) FROM segments.segments JOIN segments.refreshes USING (segment_id)";
    assert_eq!(fixture.rows(touched).await?, ["false"], "without changes nothing is recomputed");
    let body = r#"{"id":7,"segments":[{"name":"A"}]}"#;
    assert_eq!(service.post("/api/v1/users/addUserToSegments", body)?.status, 200);
    assert_eq!(fixture.rows(touched).await?, ["true"]);
    // The minute is over.
    fixture.run("UPDATE segments.refreshes SET success_at = success_at - interval '1 minute'").await?;
    for _ in 0..100 {
        if members(&fixture, "B").await? == ["7"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(members(&fixture, "B").await?, ["7"]);
    assert_eq!(fixture.rows(touched).await?, ["false"]);
    fixture.changes.delete_segment("A", &Cause::task("test")).await.unwrap();
    let failed = refresher.refresh("B", false, &Cause::task("test")).await.unwrap().unwrap();
    assert_eq!(failed.state, State::Failed, "{failed:?}");
    assert_eq!(members(&fixture, "B").await?, ["7"], "members stay");
    fixture.audit().await
}

#[tokio::test]
async fn a_filter_of_the_second_service_is_a_snapshot() -> anyhow::Result<()> {
    let fixture = with(100, &["A"]).await?;
    assign(&fixture, "A", r#"{"percent":100}"#).await.unwrap();
    let service = crate::service::Service::start(&fixture.url, &[]).await?;
    let create = |body: &str| service.post("/segments/create", body);
    let missing = create(r#"{"slug":"B","percentToFill":50,"exclude":["Y","X"]}"#)?;
    assert_eq!(
        missing.body,
        r#"{"errors":[{"type":"validation_error","info":"segment does not exist; missed segments: X, Y"}]}"#
    );
    assert_eq!(create(r#"{"slug":"B","percentToFill":100,"exclude":["A"]}"#)?.status, 204);
    assert_eq!(create(r#"{"slug":"C","percentToFill":100,"include":["A"],"time_to_live":3600}"#)?.status, 204);
    assert_eq!(create(r#"{"slug":"D","percentToFill":100,"include":"A"}"#)?.status, 400);
    let counts = "SELECT name, count(*), bool_and(end_at < 'infinity') AS timed FROM segments.memberships
        JOIN segments.segments USING (segment_id) GROUP BY name ORDER BY name";
    assert_eq!(fixture.rows(counts).await?, ["A|100|false", "C|100|true"]);
    fixture.audit().await
}

#[test]
fn a_plain_percentage_has_no_filters() {
    assert!(Percent::of_all(100).is_plain());
}
