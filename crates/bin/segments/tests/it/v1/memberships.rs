//! `/users/addUserToSegments` and `/users/deleteUserFromSegments`.

use super::{error, rejects, service};

const ADD: &str = "/users/addUserToSegments";
const DELETE: &str = "/users/deleteUserFromSegments";

#[tokio::test]
async fn adding_to_segments_reports_the_first_error_in_the_order_of_the_first_service() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    fixture.run("UPDATE segments.users SET status = 'removed' WHERE user_id = 9").await?;
    fixture
        .run(
            "UPDATE segments.segments SET actual_end = now() WHERE segment_id = 9;
              UPDATE segments.segments SET refresh_params = '{\"tag\":{\"tag\":\"x\"}}' WHERE segment_id = 8",
        )
        .await?;
    let at = |end: &str| format!("UserService.AddUserToSegments - {end}");
    let unknown = "Operation was canceled because user with id = 99 does not exist";
    let list = |names: &str| format!("{{\"id\":1,\"segments\":[{names}]}}");
    let invalid = |comment: &str, end: &str| error("", "UserValidationError", comment, &at(end));
    let cases = [
        (
            r#"{"id":99,"segments":[{"name":"A"},{"name":"B"},{"name":"A"}]}"#.to_owned(),
            400,
            invalid("Operation was canceled. The segment \"A\" occurs more than 1 time in the list", "validation"),
        ),
        (
            r#"{"id":99,"segments":[{"name":"NOPE"}]}"#.to_owned(),
            404,
            error("", "UserNotFound", unknown, &at("us.GetUserByID")),
        ),
        (
            r#"{"id":9,"segments":[{"name":"NOPE"}]}"#.to_owned(),
            400,
            error(
                "",
                "UserDeleted",
                "Operation was canceled because user with id = 9 is deleted",
                &at("us.GetUserByID"),
            ),
        ),
        (
            list(r#"{"name":"AVITO_9"},{"name":"NOPE"}"#),
            400,
            error(
                "",
                "SegmentDeleted",
                "Operation was canceled. Failed to add user (id=1) to the segment \"AVITO_9\" because segment does not exist (segment was deleted earlier and was not created again)",
                &at("isDeleted"),
            ),
        ),
        (list(""), 400, invalid("Operation was canceled. The list \"segments\" is empty", "validation")),
        (
            list(r#"{"name":"AVITO_8"},{"name":"AVITO_VOICE_MESSAGES"}"#),
            400,
            invalid(
                "Operation was canceled. Failed to add segments: [AVITO_VOICE_MESSAGES] to user (id = 1) since user already has this segments",
                "us.userRepository.GetUserSegmentsByUserID",
            ),
        ),
        (
            list(r#"{"name":"AVITO_8"},{"name":"AVITO_7"}"#),
            400,
            invalid("Operation was canceled. Segments [AVITO_8] are kept by their refresh", "validation"),
        ),
        (
            r#"{"id":1,"segments":[{"name":7}]}"#.to_owned(),
            400,
            error(
                "code=400, message=Unmarshal type error: expected=string, got=number, field=segments.name, offset=29, internal=json: cannot unmarshal number into Go struct field .segments.name of type string",
                "UserValidationError",
                "Failed to parse request's body",
                "UserRoutes.addUserToSegments - c.Bind",
            ),
        ),
    ];
    for (body, status, expected) in cases {
        rejects(&service, ADD, &body, status, &expected);
    }
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.memberships").await?, ["8"], "nothing was changed");
    Ok(())
}

#[tokio::test]
async fn removing_from_segments_reports_the_first_error_in_the_order_of_the_first_service() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    fixture.run("UPDATE segments.users SET status = 'removed' WHERE user_id = 9").await?;
    let at = |end: &str| format!("UserService.DeleteUserFromSegments - {end}");
    let invalid = |comment: &str, end: &str| error("", "UserValidationError", comment, &at(end));
    let comment = "Operation was canceled. User with id = 99 does not exist";
    let twice = r#"[{"name":"A"},{"name":"A"}]"#;
    let cases = [
        (format!(r#"{{"id":99,"segments":{twice}}}"#), 404, error("", "UserNotFound", comment, &at("us.GetUserByID"))),
        (
            format!(r#"{{"id":9,"segments":{twice}}}"#),
            400,
            error(
                "",
                "UserDeleted",
                "User with id 9 is deleted",
                "UserService.GetUserByID - us.userRepository.GetUserByID",
            ),
        ),
        (
            format!(r#"{{"id":1,"segments":{twice}}}"#),
            400,
            invalid("Operation was canceled. The segment \"A\" occurs more than 1 time in the list", "validation"),
        ),
        (
            r#"{"id":1,"segments":[{"name":"NOPE"}]}"#.to_owned(),
            404,
            error(
                "",
                "SegmentNotFound",
                "Operation was canceled. Request contains segment NOPE which does not exist",
                &at("us.segmentRepository.GetSegmentByName"),
            ),
        ),
        (
            r#"{"id":1}"#.to_owned(),
            400,
            invalid("Operation was canceled. The list \"segments\" is empty", "validation"),
        ),
        (
            r#"{"id":1,"segments":[{"name":"AVITO_9"},{"name":"AVITO_VOICE_MESSAGES"},{"name":"AVITO_8"}]}"#.to_owned(),
            400,
            invalid(
                "Operation was canceled. User (id = 1) does not belong to some segments [AVITO_9, AVITO_8] which were given in the request body",
                "exclusion",
            ),
        ),
        (
            "{".to_owned(),
            400,
            error(
                "code=400, message=unexpected EOF, internal=unexpected EOF",
                "UserValidationError",
                "Invalid request body",
                "UserRoutes.deleteUsersFromSegments",
            ),
        ),
    ];
    for (body, status, expected) in cases {
        rejects(&service, DELETE, &body, status, &expected);
    }
    fixture.run("UPDATE segments.segments SET refresh_auto = true WHERE segment_id = 9;
        INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh) VALUES (9, 1, '2023-01-01', 1, true)").await?;
    let managed = r#"{"id":1,"segments":[{"name":"AVITO_9"}]}"#;
    let kept = invalid("Operation was canceled. Segments [AVITO_9] are kept by their refresh", "validation");
    rejects(&service, DELETE, managed, 400, &kept);
    Ok(())
}

#[tokio::test]
async fn a_past_end_is_in_the_report_and_never_a_membership() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    let body = r#"{"id":3,"segments":[{"name":"AVITO_9","end_date":"10:00:00 25.09.2001"}]}"#;
    for _ in 0..2 {
        assert_eq!(service.post("/api/v1/users/addUserToSegments", body)?.status, 200);
    }
    let user = service.get("/api/v1/users/3/withSegments")?.body;
    assert!(user.ends_with("\"segments\":null}}\n"), "{user}");
    let report = service.get("/api/v1/reports")?.body;
    assert_eq!(report.matches(",10:00:00 25.09.2001\\n").count(), 2, "{report}");
    fixture.audit().await
}
