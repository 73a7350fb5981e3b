//! The id of a request: in the response, in the operation, in the log.

use crate::{fixture::Fixture, service::Service};

#[tokio::test]
async fn the_id_of_a_request_is_in_the_response_and_in_the_operation() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[("DEV_METHODS", "true")]).await?;
    let with = |id: &str, method: &str, path: &str, body: &str| {
        service.ask_with(&format!("X-Request-Id: {id}"), method, path, body).unwrap()
    };
    let user = r#"{"userID":"00000000-0000-0000-0000-000000000001"}"#;
    let made = with("not valid", "POST", "/api/v1/segments", r#"{"name":"B"}"#).request_id.unwrap();
    for (id, method, path, body, status) in [
        ("create-1", "POST", "/api/v1/segments", r#"{"name":"A"}"#, 201),
        ("rejected", "POST", "/api/v1/segments", r#"{"name":"A"}"#, 400),
        ("user", "POST", "/segments/create-user", user, 204),
        ("unknown", "GET", "/nowhere", "", 404),
        ("verb", "PUT", "/api/v1/users", "", 405),
    ] {
        let answer = with(id, method, path, body);
        assert_eq!((answer.status, answer.request_id.as_deref()), (status, Some(id)), "{path}");
    }
    assert!(service.get("/api/v1/users")?.request_id.is_some_and(|id| id.len() == 32 && id != made));
    let operations = "SELECT kind, request_id FROM segments.operations ORDER BY operation_id";
    let expected = [format!("create_segment|{made}"), "create_segment|create-1".into(), "create_user|user".into()];
    assert_eq!(fixture.rows(operations).await?, expected);
    fixture.run("ALTER TABLE segments.users RENAME TO others").await?;
    assert_eq!(with("failing-7", "GET", "/api/v1/users", "").status, 503);
    let log = service.log();
    let line = log.lines().find(|line| line.contains("a request failed"));
    assert!(line.is_some_and(|line| line.contains(r#""request_id":"failing-7""#)), "{log}");
    Ok(())
}
