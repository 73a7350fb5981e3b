//! `/segments` and `/segments/{name}`.

use super::{answers, error, rejects, service};

#[tokio::test]
async fn create_checks_fields_in_order() -> anyhow::Result<()> {
    let (_fixture, service) = service().await?;
    let percentage = "Field \"percentage\", if provided, must be a positive integer number from range [1, 100]";
    for (body, comment) in [
        (r#"{"percentage":500}"#.to_owned(), "Field \"name\" was not provided"),
        (format!(r#"{{"name":"{}"}}"#, "a".repeat(1001)), "Field \"name\" cannot have length over 1000 symbols"),
        (r#"{"name":"a\u0000"}"#.to_owned(), "Field \"name\" has a character that cannot be stored"),
        (r#"{"name":"a","percentage":-1}"#.to_owned(), percentage),
        (r#"{"name":"a","percentage":101}"#.to_owned(), percentage),
        (r#"{"name":"a","percentage":9223372036854775807}"#.to_owned(), percentage),
    ] {
        let expected = error("", "SegmentValidationError", comment, "SegmentRoutes.create - validation");
        rejects(&service, "/segments", &body, 400, &expected);
    }
    let location = "Router - segmentRoutes.create - c.Bind";
    let unexpected = "code=400, message=unexpected EOF, internal=unexpected EOF";
    rejects(&service, "/segments", "{", 400, &error("", "SegmentValidationError", unexpected, location));
    assert_eq!(service.post("/api/v1/segments", &format!(r#"{{"name":"{}"}}"#, "a".repeat(1000)))?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_percentage_adds_the_users_of_the_first_buckets() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    fixture
        .run("UPDATE segments.users SET status = CASE user_id WHEN 7 THEN 'removed' ELSE 'excluded' END WHERE user_id IN (6, 7)")
        .await?;
    assert_eq!(service.post("/api/v1/segments", r#"{"name":"HALF","percentage":57}"#)?.status, 201);
    let members =
        fixture.rows("SELECT user_id FROM segments.memberships WHERE segment_id = 10 ORDER BY user_id").await?;
    let chosen = "SELECT user_id FROM segments.users WHERE status = 'active' AND segments.bucket('HALF', guid) < 5700 ORDER BY user_id";
    assert_eq!(members, fixture.rows(chosen).await?);
    assert_eq!(service.post("/api/v1/segments", r#"{"name":"ALL","percentage":100}"#)?.status, 201);
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.memberships WHERE segment_id = 11").await?, ["14"]);
    // Also to a deleted segment that the call revives.
    assert_eq!(service.ask("DELETE", "/api/v1/segments/ALL", None, "")?.status, 200);
    assert_eq!(service.post("/api/v1/segments", r#"{"name":"ALL","percentage":100}"#)?.status, 201);
    let rows =
        "SELECT count(*), count(*) FILTER (WHERE closed_by IS NULL) FROM segments.memberships WHERE segment_id = 11";
    assert_eq!(fixture.rows(rows).await?, ["28|14"]);
    fixture.audit().await
}

#[tokio::test]
async fn a_deleted_segment_keeps_its_name_and_its_history() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    let path = "/api/v1/segments/AVITO_VOICE_MESSAGES";
    let before = fixture
        .rows("SELECT id, start_at, end_at FROM segments.memberships WHERE closed_by IS NOT NULL ORDER BY id")
        .await?;
    let deleted = service.ask("DELETE", path, None, "")?;
    assert_eq!(
        (deleted.status, deleted.body.as_str()),
        (200, "{\"message\":\"successfully deleted segment \\\"AVITO_VOICE_MESSAGES\\\"\"}\n")
    );
    let comment = "Unable to delete segment \"AVITO_VOICE_MESSAGES\" because it does not exist (segment was deleted earlier and was not created again)";
    let again = service.ask("DELETE", path, None, "")?;
    let expected = error("", "SegmentDeleted", comment, "SegmentService.DeleteSegment - s.isSegmentDeleted");
    assert_eq!((again.status, again.body), (400, expected));
    let unknown = service.ask("DELETE", "/api/v1/segments/NOPE", None, "")?;
    let comment = "Unable to delete segment \"NOPE\" because it does not exist";
    let expected = error("", "SegmentNotFound", comment, "SegmentService.DeleteSegment - s.doesSegmentExist");
    assert_eq!((unknown.status, unknown.body), (404, expected));
    let comment = "Segment with provided name \"AVITO_VOICE_MESSAGES\" was deleted. If you want work with this segment, recover it by performing create operation with this segment name";
    let expected = error("", "SegmentDeleted", comment, "SegmentService.GetSegmentByName - isSegmentDeleted");
    answers(&service, "/segments/AVITO_VOICE_MESSAGES", 400, &expected);
    let of_type = |kind| service.get(&format!("/api/v1/segments?segment_type={kind}")).unwrap().body;
    let row = "{\"segment_id\":1,\"name\":\"AVITO_VOICE_MESSAGES\",\"is_deleted\":true}";
    assert_eq!(of_type("deleted"), format!("{{\"segments\":[{row}]}}\n"));
    assert!(!of_type("alive").contains("VOICE") && of_type("both").contains(row));
    assert_eq!(service.get("/api/v1/segments")?.body, of_type("both"));
    // Revived, it has its id, no members, and the same history.
    assert_eq!(service.post("/api/v1/segments", r#"{"name":"AVITO_VOICE_MESSAGES"}"#)?.status, 201);
    let revived = "{\"segment\":{\"segment_id\":1,\"name\":\"AVITO_VOICE_MESSAGES\",\"is_deleted\":false}}\n";
    answers(&service, "/segments/AVITO_VOICE_MESSAGES", 200, revived);
    let now = "SELECT count(*) FROM segments.memberships WHERE segment_id = 1 AND closed_by IS NULL";
    assert_eq!(fixture.rows(now).await?, ["0"]);
    let after = fixture.rows("SELECT id, start_at, end_at FROM segments.memberships WHERE closed_by IS NOT NULL AND segment_id <> 1 ORDER BY id").await?;
    assert_eq!(before, after);
    fixture.audit().await
}

#[tokio::test]
async fn names_are_decoded_and_case_sensitive() -> anyhow::Result<()> {
    let (_fixture, service) = service().await?;
    for (name, path) in [
        ("a/b", "a%2Fb"),
        ("Любитель пиццы", "%D0%9B%D1%8E%D0%B1%D0%B8%D1%82%D0%B5%D0%BB%D1%8C%20%D0%BF%D0%B8%D1%86%D1%86%D1%8B"),
        ("100%", "100%25"),
    ] {
        assert_eq!(service.post("/api/v1/segments", &format!(r#"{{"name":"{name}"}}"#))?.status, 201);
        let answer = service.get(&format!("/api/v1/segments/{path}"))?;
        assert!(answer.status == 200 && answer.body.contains(name), "{answer:?}");
    }
    assert_eq!(service.get("/api/v1/segments/A%2Fb")?.status, 404);
    assert_eq!(service.get("/api/v1/segments/a%00b")?.status, 404);
    assert_eq!(service.get("/api/v1/segments/a%FFb")?.status, 404);
    Ok(())
}
