//! Errors of API v2: problem details, also for unknown paths, cursors, instants and fields.

use super::{ANNA, Api};

/// The lists, and a filter that each has.
const LISTS: [&str; 5] = ["/segments", "/segments/A/members", "/users/1/segments", "/users/1/history", "/operations"];

#[tokio::test]
async fn what_is_unknown_wrong_or_in_the_future_is_422() -> anyhow::Result<()> {
    let api = Api::new().await?;
    for list in LISTS {
        for (query, code) in [
            ("offset=1", "invalid_query"),
            ("limit=0", "invalid_limit"),
            ("limit=1001", "invalid_limit"),
            ("limit=ten", "invalid_query"),
            ("limit=-1", "invalid_query"),
            ("limit=1&limit=2", "invalid_query"),
            ("cursor=", "invalid_cursor"),
            ("cursor=abc", "invalid_cursor"),
            ("cursor=%00", "invalid_cursor"),
        ] {
            let answer = api.get(&format!("{list}?{query}"));
            assert_eq!((answer.status, answer.code()), (422, code), "{list}?{query}");
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{list}?{query}");
        }
    }
    for list in ["/segments/A/members", "/users/1/segments", "/segments/A/members/export"] {
        for (as_of, code) in [
            ("2099-01-01T00:00:00Z", "as_of_in_the_future"),
            ("now", "invalid_time"),
            ("2026-01-01", "invalid_time"),
            ("2026-01-01T00:00:00+03:00", "invalid_time"),
        ] {
            let answer = api.get(&format!("{list}?as_of={as_of}"));
            assert_eq!((answer.status, answer.code()), (422, code), "{list} {as_of}");
        }
        api.get(&format!("{list}?as_of=2026-01-01T00:00:00%2B03:00")).ok();
    }
    Ok(())
}

/// Every route with a parameter or a field that it does not have, sent by an admin.
#[tokio::test]
async fn an_unknown_parameter_or_field_is_422_on_every_route() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let authorization = format!("Bearer {}", crate::access::key(&api.fixture, "anna", "admin"));
    let headers = [("Authorization", authorization.as_str())];
    let document = serde_json::to_value(::segments::document())?;
    let operations = "SELECT count(*) FROM segments.operations";
    let before = api.fixture.rows(operations).await?;
    let (mut routes, mut bodies) = (0, 0);
    for (method, route, _) in ::segments::routes_of_v2() {
        let part = |part| match part {
            "{name}" => "A",
            _ if str::starts_with(part, "{") => "1",
            _ => part,
        };
        let path = route.split('/').map(part).collect::<Vec<_>>().join("/");
        let answer = api.ask(&method, &format!("{path}?unknown=1"), &headers, "");
        assert_eq!((answer.status, answer.code()), (422, "invalid_query"), "{method} {route}: {}", answer.text);
        assert!(answer.json["detail"].as_str().unwrap().contains("`unknown`"), "{method} {route}: {}", answer.text);
        routes += 1;
        let operation = &document["paths"][format!("/api/v2{route}")][method.to_lowercase()];
        if operation["requestBody"]["content"]["application/json"].is_object() {
            let answer = api.ask(&method, &path, &headers, r#"{"unknown":1}"#);
            // A body that another parser reads has a code of its own.
            let code = if route.ends_with("/assign") { "invalid_assign" } else { "invalid_body" };
            assert_eq!((answer.status, answer.code()), (422, code), "{method} {route}: {}", answer.text);
            assert!(answer.text.contains("unknown"), "{method} {route}: {}", answer.text);
            bodies += 1;
        }
    }
    assert!(routes > 25 && bodies > 8, "{routes} {bodies}");
    assert_eq!(api.fixture.rows(operations).await?, before);
    let head = super::ask(api.service.address(), "HEAD", "/segments?unknown=1", &[], b"")?;
    assert_eq!(head.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_cursor_is_valid_in_its_own_list_only() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"1"},{"user":"2"}]}"#).ok();
    api.post("/segments/B/members/batch", r#"{"add":[{"user":"1"}]}"#).ok();
    let cursors: Vec<String> = LISTS
        .iter()
        .map(|list| {
            let page = api.get(&format!("{list}?limit=1")).ok();
            page.json["next"].as_str().expect(list).to_owned()
        })
        .collect();
    for list in LISTS {
        for (of, cursor) in LISTS.iter().zip(&cursors) {
            let answer = api.get(&format!("{list}?limit=1&cursor={cursor}"));
            assert_eq!(answer.status, if *of == list { 200 } else { 422 }, "{list} with a cursor of {of}");
        }
    }
    for (list, index) in [("/segments/B/members", 1), ("/users/2/segments", 2), ("/segments?deleted=true&limit=1", 0)] {
        let separator = if list.contains('?') { '&' } else { '?' };
        assert_eq!(api.get(&format!("{list}{separator}cursor={}", cursors[index])).code(), "invalid_cursor", "{list}");
    }
    // With another instant.
    let other = format!("/segments/A/members?as_of=2026-01-01T00:00:00Z&cursor={}", cursors[1]);
    assert_eq!(api.get(&other).code(), "invalid_cursor");
    Ok(())
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() -> anyhow::Result<()> {
    let api = Api::new().await?;
    for (method, path, status) in [
        ("GET", "/none", 404),
        ("GET", "/segments/", 404),
        ("PUT", "/segments", 405),
        ("DELETE", "/check", 405),
        ("POST", "/segments/A/members", 405),
    ] {
        let answer = api.ask(method, path, &[], "");
        assert_eq!((answer.status, &answer.json["status"]), (status, &status.into()), "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path}");
    }
    // Answers have personal data.
    assert_eq!(api.get(&format!("/users/{ANNA}")).ok().headers["cache-control"], "no-store");
    Ok(())
}

#[tokio::test]
async fn a_failure_of_the_database_is_503_and_says_when_to_try_again() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.fixture.run("ALTER TABLE segments.users RENAME TO others").await?;
    let answer = api.get("/users/1");
    assert_eq!((answer.status, answer.code()), (503, "unavailable"));
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
    Ok(())
}
