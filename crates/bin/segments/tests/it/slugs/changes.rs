//! Segments and users are created, changed and removed.

use super::{ANNA, BORIS, done, rejects, segments, service};

fn change(more: &str) -> String {
    format!(r#"{{"userID":"{ANNA}",{more}}}"#)
}

#[tokio::test]
async fn a_user_is_added_and_removed_in_one_call() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    done(
        &service,
        "POST",
        "change-for-user",
        &change(r#""segmentsToAdd":[{"segmentSlug":"B"},{"segmentSlug":"A","secondsToBeInSegment":3600}]"#),
    );
    assert_eq!(segments(&service, ANNA), r#"{"segments":["A","B"]}"#);
    assert_eq!(segments(&service, BORIS), r#"{"segments":[]}"#);
    assert_eq!(segments(&service, "00000000-0000-0000-0000-000000000099"), r#"{"segments":[]}"#);
    // Adding again sets the end; removing a non-member does nothing.
    let again = r#""segmentsToAdd":[{"segmentSlug":"A","deadlineForStayingInSegment":"2099-01-01T03:00:00+03:00"}],"segmentsToRemove":[{"segmentSlug":"B"},{"segmentSlug":"C"}]"#;
    done(&service, "POST", "change-for-user", &change(again));
    assert_eq!(segments(&service, ANNA), r#"{"segments":["A"]}"#);
    let rows = "SELECT segment_id, end_at FROM segments.memberships WHERE closed_by IS NULL";
    assert_eq!(fixture.rows(rows).await?, ["1|2099-01-01T00:00:00"]);
    done(
        &service,
        "POST",
        "change-for-user",
        &change(r#""segmentsToAdd":[{"segmentSlug":"A","secondsToBeInSegment":0}]"#),
    );
    assert_eq!(fixture.rows(rows).await?, ["1|infinity"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.memberships").await?, ["2"]);
    fixture.audit().await
}

#[tokio::test]
async fn a_wrong_request_changes_nothing_and_says_why() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    done(&service, "DELETE", "remove", r#"{"slug":"C"}"#);
    let missing = "segment does not exist; missed segments: NOPE, C";
    let unknown = r#"{"userID":"00000000-0000-0000-0000-000000000099","segmentsToAdd":[{"segmentSlug":"NOPE"}],"segmentsToRemove":[{"segmentSlug":"C"}]}"#;
    let both = format!("user does not exist\n{missing}");
    let valid = "validation_error";
    for (body, kind, info) in [
        ("".to_owned(), "parse_error", ""),
        ("{".to_owned(), "parse_error", ""),
        (r#"{"userID":7}"#.to_owned(), "parse_error", ""),
        (change(r#""segmentsToAdd":[{"segmentSlug":"A","secondsToBeInSegment":"1"}]"#), "parse_error", ""),
        ("{}".to_owned(), valid, "the field userID is missing"),
        (r#"{"userID":"x"}"#.to_owned(), valid, "userID is no GUID: x"),
        (change(r#""segmentsToAdd":[{}]"#), valid, "the field segmentsToAdd.segmentSlug is missing"),
        (change(r#""segmentsToAdd":[{"segmentSlug":"A"}],"segmentsToRemove":[{"segmentSlug":"A"}]"#), valid, ""),
        (change(r#""segmentsToAdd":[{"segmentSlug":"A"},{"segmentSlug":"A"}]"#), valid, ""),
        (
            change(
                r#""segmentsToAdd":[{"segmentSlug":"A","secondsToBeInSegment":1,"deadlineForStayingInSegment":"2099-01-01T00:00:00Z"}]"#,
            ),
            valid,
            "",
        ),
        (change(r#""segmentsToAdd":[{"segmentSlug":"A","secondsToBeInSegment":-1}]"#), valid, ""),
        (change(r#""segmentsToAdd":[{"segmentSlug":"A","deadlineForStayingInSegment":"soon"}]"#), valid, ""),
        (
            change(
                r#""segmentsToAdd":[{"segmentSlug":"A"},{"segmentSlug":"NOPE"}],"segmentsToRemove":[{"segmentSlug":"C"}]"#,
            ),
            valid,
            missing,
        ),
        (unknown.to_owned(), valid, both.as_str()),
    ] {
        rejects(&service, "POST", "change-for-user", &body, kind, info);
    }
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.memberships").await?, ["0"]);
    let managed = "INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh) VALUES (1, 1, '2023-01-01', 1, true);
        UPDATE segments.segments SET refresh_auto = true WHERE segment_id = 1";
    fixture.run(managed).await?;
    let kept = "segments are kept by their refresh: A";
    for list in ["segmentsToAdd", "segmentsToRemove"] {
        rejects(
            &service,
            "POST",
            "change-for-user",
            &change(&format!(r#""{list}":[{{"segmentSlug":"A"}}]"#)),
            valid,
            kept,
        );
    }
    Ok(())
}

#[tokio::test]
async fn segments_are_created_filled_removed_and_revived() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    rejects(
        &service,
        "POST",
        "create",
        r#"{"slug":"A","percentToFill":5}"#,
        "validation_error",
        "the slug is already in use; used slugs: A",
    );
    for body in [
        r#"{"slug":"D"}"#,
        r#"{"percentToFill":5}"#,
        r#"{"slug":"D","percentToFill":100.01}"#,
        r#"{"slug":"D","percentToFill":0.001}"#,
        r#"{"slug":"\u0000","percentToFill":1}"#,
    ] {
        rejects(&service, "POST", "create", body, "validation_error", "");
    }
    // Buckets of A: 4487 and 12.
    done(&service, "DELETE", "remove", r#"{"slug":"A"}"#);
    done(&service, "DELETE", "remove", r#"{"slug":"A"}"#);
    done(&service, "DELETE", "remove", r#"{"slug":"NOPE"}"#);
    done(&service, "POST", "create", r#"{"slug":"A","percentToFill":44.87}"#);
    assert_eq!(segments(&service, ANNA), r#"{"segments":[]}"#, "4487 is not below 4487");
    done(&service, "DELETE", "remove", r#"{"slug":"A"}"#);
    done(&service, "POST", "create", r#"{"slug":"A","percentToFill":44.88}"#);
    assert_eq!(segments(&service, ANNA), r#"{"segments":["A"]}"#);
    fixture.audit().await
}

#[tokio::test]
async fn users_exist_only_as_long_as_they_are_not_removed() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    done(&service, "POST", "change-for-user", &change(r#""segmentsToAdd":[{"segmentSlug":"A"}]"#));
    done(&service, "POST", "create-user", &format!(r#"{{"userID":"{ANNA}"}}"#));
    assert_eq!(segments(&service, ANNA), r#"{"segments":["A"]}"#, "creating again changes nothing");
    done(&service, "PUT", "update-user", &format!(r#"{{"userID":"{ANNA}","status":"excluded"}}"#));
    assert_eq!(segments(&service, ANNA), r#"{"segments":["A"]}"#);
    done(&service, "DELETE", "remove-user", &format!(r#"{{"userID":"{ANNA}"}}"#));
    assert_eq!(segments(&service, ANNA), r#"{"segments":[]}"#);
    rejects(
        &service,
        "POST",
        "change-for-user",
        &change(r#""segmentsToAdd":[{"segmentSlug":"A"}]"#),
        "validation_error",
        "user does not exist",
    );
    let invalid = format!(r#"{{"userID":"{ANNA}","status":"happy"}}"#);
    rejects(&service, "PUT", "update-user", &invalid, "validation_error", "invalid user status");
    let unknown = r#"{"userID":"00000000-0000-0000-0000-000000000099","status":"active"}"#;
    rejects(&service, "PUT", "update-user", unknown, "validation_error", "user does not exist");
    fixture.audit().await
}

#[tokio::test]
async fn without_dev_methods_users_cannot_be_changed() -> anyhow::Result<()> {
    let fixture = crate::fixture::Fixture::new().await?;
    let service = crate::service::Service::start(&fixture.url, &[]).await?;
    for (method, path) in [("POST", "create-user"), ("PUT", "update-user"), ("DELETE", "remove-user")] {
        let answer = service.ask(method, &format!("/segments/{path}"), None, format!(r#"{{"userID":"{ANNA}"}}"#))?;
        assert_eq!(answer.status, 404, "{path}");
    }
    Ok(())
}
