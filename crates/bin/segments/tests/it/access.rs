//! Keys and roles on every route.

use std::process::Command;

use crate::{fixture::Fixture, service::Service};

/// Every route that needs access: method, path, and whether it changes something.
const ROUTES: [(&str, &str, bool); 21] = [
    ("GET", "/api/v1/users", false),
    ("GET", "/api/v1/users/1", false),
    ("GET", "/api/v1/users/withSegments", false),
    ("GET", "/api/v1/users/1/withSegments", false),
    ("POST", "/api/v1/users", true),
    ("POST", "/api/v1/users/addUserToSegments", true),
    ("POST", "/api/v1/users/deleteUserFromSegments", true),
    ("GET", "/api/v1/segments", false),
    ("GET", "/api/v1/segments/A", false),
    ("POST", "/api/v1/segments", true),
    ("DELETE", "/api/v1/segments/A", true),
    ("GET", "/api/v1/reports", false),
    ("GET", "/segments/get-for-user", false),
    ("GET", "/segments/get-history-report-link", false),
    ("POST", "/segments/create", true),
    ("DELETE", "/segments/remove", true),
    ("POST", "/segments/change-for-user", true),
    ("POST", "/segments/create-user", true),
    ("PUT", "/segments/update-user", true),
    ("DELETE", "/segments/remove-user", true),
    ("GET", "/segments/get-for-user?userID=00000000-0000-0000-0000-000000000001", false),
];

/// What `segments-service keys` prints, and its exit code.
fn keys(fixture: &Fixture, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segments-service"));
    command.env_clear().env("DATABASE_URL", &fixture.url).arg("keys").args(arguments);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A new key.
pub(crate) fn key(fixture: &Fixture, name: &str, role: &str) -> String {
    let (code, key) = keys(fixture, &["create", name, "--role", role]);
    assert_eq!(code, Some(0), "{key}");
    key
}

/// The status of each route with a key.
fn statuses(service: &Service, key: Option<&str>) -> Vec<u16> {
    let ask = |(method, path, _): &(&str, &str, bool)| service.ask_as(key, method, path).unwrap();
    ROUTES.iter().map(|route| ask(route).status).collect()
}

#[tokio::test]
async fn every_route_needs_a_key_and_changes_need_an_admin() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[("AUTH", "on"), ("DEV_METHODS", "true")]).await?;
    let (code, admin) = keys(&fixture, &["create", "anna", "--role", "admin"]);
    assert!(code == Some(0) && admin.len() == 68, "{admin}");
    let analyst = keys(&fixture, &["create", "boris", "--role", "analyst"]).1;
    assert!(statuses(&service, None).iter().all(|status| *status == 401));
    assert!(statuses(&service, Some("tms_0000")).iter().all(|status| *status == 401));
    for ((_, path, changes), status) in ROUTES.iter().zip(statuses(&service, Some(&analyst))) {
        assert_eq!(status == 403, *changes, "{path}: {status}");
        assert_ne!(status, 401, "{path}");
    }
    for ((_, path, _), status) in ROUTES.iter().zip(statuses(&service, Some(&admin))) {
        assert!(![401, 403, 503].contains(&status), "{path}: {status}");
    }
    for path in ["/health", "/ready", "/metrics"] {
        assert_eq!(service.get(path)?.status, 200, "{path} needs no key");
    }
    // The bodies of refusals.
    let v1 = service.ask_as(None, "GET", "/api/v1/users")?.body;
    assert!(v1.contains("\"title\":\"ErrUnauthorized\""), "{v1}");
    assert!(service.ask_as(Some(&analyst), "POST", "/api/v1/users")?.body.contains("\"title\":\"ErrForbidden\""));
    let seed2 = service.ask_as(None, "POST", "/segments/create")?.body;
    assert!(seed2.contains("\"type\":\"unauthorized\""), "{seed2}");
    assert!(service.ask_as(Some(&analyst), "POST", "/segments/create")?.body.contains("\"type\":\"forbidden\""));
    // A revoked key, at once.
    assert_eq!(keys(&fixture, &["revoke", "anna"]).0, Some(0));
    assert_eq!(keys(&fixture, &["revoke", "anna"]).0, Some(64));
    assert!(statuses(&service, Some(&admin)).iter().all(|status| *status == 401));
    assert_eq!(keys(&fixture, &["list"]).1, "anna\tadmin\trevoked\nboris\tanalyst\tvalid");
    let refused = service.get("/metrics")?.body;
    assert!(refused.contains("tagmill_segments_refused_total"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn operations_record_the_name_of_the_key() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[]).await?;
    let key = keys(&fixture, &["create", "anna", "--role", "admin"]).1;
    assert_eq!(service.post("/api/v1/segments", r#"{"name":"A"}"#)?.status, 201);
    assert_eq!(service.ask_as(Some(&key), "DELETE", "/api/v1/segments/A")?.status, 200);
    let actors = "SELECT kind, actor FROM segments.operations ORDER BY operation_id";
    assert_eq!(fixture.rows(actors).await?, ["create_segment|anonymous", "delete_segment|anna"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM segments.api_keys WHERE hash LIKE 'tms%'").await?, ["0"]);
    Ok(())
}

#[tokio::test]
async fn no_log_has_a_key_a_link_or_a_name() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[("LOG_LEVEL", "trace"), ("DEV_METHODS", "true")]).await?;
    let key = keys(&fixture, &["create", "anna", "--role", "admin"]).1;
    let guid = "00000000-0000-0000-0000-000000000001";
    for body in [r#"{"name":"Серафима","lastname":"Неповторимая","sex":1,"age":30}"#, r#"{"name":"Серафима\u0000"}"#]
    {
        service.post("/api/v1/users", body)?;
    }
    service.post("/segments/create-user", &format!(r#"{{"userID":"{guid}"}}"#))?;
    service.ask_as(Some(&key), "GET", "/api/v1/users")?;
    service.ask_as(Some("tms_wrong"), "GET", "/api/v1/users")?;
    let query = format!("userID={guid}&month=1&year=2024");
    let link = service.get(&format!("/segments/get-history-report-link?{query}"))?.body;
    let token = link.split("/reports/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(service.get(&format!("/api/v2/reports/{token}"))?.status, 200);
    // A failure is logged too.
    fixture.run("ALTER TABLE segments.users RENAME TO others").await?;
    assert_eq!(service.get("/api/v1/users")?.status, 503);
    let log = service.log();
    assert!(log.contains("a request failed"), "{log}");
    for secret in [key.as_str(), "tms_wrong", &token, "Серафима", "Неповторимая"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    Ok(())
}

#[tokio::test]
async fn without_keys_on_an_address_of_others_there_is_a_warning() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let warning = "AUTH is off";
    let service = Service::start(&fixture.url, &[]).await?;
    assert!(!service.log().contains(warning), "loopback");
    for (settings, count) in [(vec![], 1), (vec![("AUTH", "on")], 0)] {
        let service = Service::start_on_all(&fixture.url, &settings).await?;
        assert_eq!(service.log().matches(warning).count(), count, "{settings:?}");
    }
    Ok(())
}
