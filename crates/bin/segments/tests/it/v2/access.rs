//! Access by role on every route, and the table of routes in docs/segments.md.

use std::collections::BTreeSet;

use super::Api;
use crate::access::key;

/// A row of the table in docs/segments.md: method, path below /api/v2, and who may: `read`, `change` or `admin`.
fn documented() -> Vec<(String, String, String)> {
    let page = include_str!("../../../../../../docs/segments.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let rows = rows.filter_map(|(route, rest)| Some((route.split_once(" /")?, rest.split(" | ").next()?)));
    let rows = rows.filter(|(_, access)| ["read", "change", "admin"].contains(access));
    rows.map(|((method, path), access)| (method.to_owned(), format!("/{path}"), access.to_owned())).collect()
}

#[test]
fn every_route_is_documented_with_its_access() {
    let documented: BTreeSet<_> = documented().into_iter().collect();
    let routes: BTreeSet<_> = segments::routes_of_v2().into_iter().collect();
    assert_eq!(documented, routes);
}

#[tokio::test]
async fn every_route_needs_the_access_of_its_row() -> anyhow::Result<()> {
    let api = Api::with(&[("AUTH", "off")]).await?;
    let keys = [key(&api.fixture, "anna", "admin"), key(&api.fixture, "boris", "analyst")];
    let closed = crate::service::Service::start(&api.fixture.url, &[("AUTH", "on"), ("DEV_METHODS", "true")]).await?;
    let mut count = 0;
    for (method, path, access) in documented() {
        let path = path.replace("{user}", "99").replace("{name}", "none");
        let status = |address, key: Option<&str>| {
            let authorization = key.map(|key| format!("Bearer {key}"));
            let headers: Vec<_> = authorization.iter().map(|value| ("Authorization", value.as_str())).collect();
            super::ask(address, &method, &path, &headers, b"").unwrap().status
        };
        let (open, closed) = (api.service.address(), closed.address());
        for address in [open, closed] {
            assert_eq!(status(address, Some("tms_0")), 401, "{method} {path}: a wrong key");
            assert!(![401, 403].contains(&status(address, Some(&keys[0]))), "{method} {path}: an admin");
            assert_eq!(status(address, Some(&keys[1])) == 403, access != "read", "{method} {path}: an analyst");
        }
        assert_eq!(status(open, None) == 401, access == "admin", "{method} {path}: no key, AUTH=off");
        assert_eq!(status(closed, None), 401, "{method} {path}: no key, AUTH=on");
        count += 1;
    }
    assert!(count > 20, "{count}");
    Ok(())
}

#[tokio::test]
async fn what_is_refreshed_is_set_by_admins_only() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let admin = format!("Bearer {}", key(&api.fixture, "anna", "admin"));
    let body = r#"{"refresh_params":{"query":{"sql":"SELECT 1 AS user_id"}}}"#;
    assert_eq!(api.ask("PATCH", "/segments/A", &[], body).status, 401);
    assert_eq!(api.ask("PATCH", "/segments/A", &[], r#"{"refresh_params":null}"#).status, 401);
    api.ask("PATCH", "/segments/A", &[("Authorization", &admin)], body).ok();
    let operation = api.get("/operations?segment=A&limit=1").ok().json["items"][0].clone();
    assert_eq!((&operation["actor"], &operation["kind"]), (&"anna".into(), &"configure_segment".into()));
    Ok(())
}

#[tokio::test]
async fn a_key_is_shown_once_works_at_once_and_can_be_revoked() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let admin = format!("Bearer {}", key(&api.fixture, "anna", "admin"));
    let ask = |method: &str, path: &str, body: &str| api.ask(method, path, &[("Authorization", &admin)], body);
    let created = ask("POST", "/keys", r#"{"name":"report","role":"analyst"}"#);
    assert_eq!(created.status, 201, "{created:?}");
    let secret = created.json["key"].as_str().unwrap().to_owned();
    assert_eq!(ask("POST", "/keys", r#"{"name":"report","role":"admin"}"#).code(), "key_exists");
    let list = ask("GET", "/keys", "").ok();
    assert!(!list.text.contains(&secret) && list.json["items"][1]["role"] == "analyst", "{list:?}");
    let bearer = format!("Bearer {secret}");
    let used = || api.ask("GET", "/segments", &[("Authorization", &bearer)], "").status;
    assert_eq!(used(), 200);
    assert_eq!(ask("DELETE", "/keys/report", "").status, 204);
    assert_eq!(used(), 401);
    assert_eq!(ask("DELETE", "/keys/report", "").code(), "key_not_found");
    for (body, code) in
        [(r#"{"name":"","role":"admin"}"#, "invalid_name"), (r#"{"name":"x","role":"root"}"#, "invalid_body")]
    {
        assert_eq!(ask("POST", "/keys", body).code(), code);
    }
    let headers = [("Authorization", admin.as_str()), ("Idempotency-Key", "k")];
    let answer = api.ask("POST", "/keys", &headers, r#"{"name":"x","role":"admin"}"#);
    assert_eq!(answer.code(), "idempotency_key_not_allowed");
    assert!(!api.service.log().contains(&secret));
    Ok(())
}
