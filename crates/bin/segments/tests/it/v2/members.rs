//! Members: pages at an instant, export, batch.

use serde_json::{Value, json};

use super::{ANNA, Api, BORIS};

/// The clock, as a text that a URL can have.
async fn clock(api: &Api) -> anyhow::Result<String> {
    let clock = r#"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#;
    Ok(api.fixture.rows(clock).await?.remove(0))
}

#[tokio::test]
async fn members_as_of_an_instant_are_those_of_then() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let before = clock(&api).await?;
    let body = format!(r#"{{"add":[{{"user":"{ANNA}"}},{{"user":"2","ttl":3600}}]}}"#);
    let added = api.post("/segments/A/members/batch", &body).ok();
    assert_eq!((&added.json["added"], &added.json["rejected"]), (&json!(2), &json!([])));
    let both = clock(&api).await?;
    api.post("/segments/A/members/batch", &format!(r#"{{"remove":["{ANNA}"]}}"#)).ok();
    assert_eq!(api.members("/segments/A/members"), [BORIS]);
    assert_eq!(api.members(&format!("/segments/A/members?as_of={both}")), [ANNA, BORIS]);
    assert_eq!(api.members(&format!("/segments/A/members?as_of={before}")), Vec::<String>::new());
    // Also after the segment is deleted.
    api.ask("DELETE", "/segments/A", &[], "").ok();
    assert_eq!(api.members("/segments/A/members"), Vec::<String>::new());
    assert_eq!(api.members(&format!("/segments/A/members?as_of={both}")), [ANNA, BORIS]);
    let segments = api.get(&format!("/users/{ANNA}/segments?as_of={both}")).ok();
    assert_eq!(segments.json["items"][0]["segment"], "A");
    api.fixture.audit().await
}

#[tokio::test]
async fn all_pages_are_of_the_instant_of_the_first() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.fixture.run("INSERT INTO segments.users (guid) SELECT gen_random_uuid() FROM generate_series(1, 23)").await?;
    let add: Vec<Value> = (1..=25).map(|user| json!({ "user": user.to_string() })).collect();
    api.post("/segments/A/members/batch", &json!({ "add": add }).to_string()).ok();
    let all = api.members("/segments/A/members");
    assert_eq!(all.len(), 25);
    let mut path = "/segments/A/members?limit=10".to_owned();
    let mut found = Vec::new();
    loop {
        let page = api.get(&path).ok();
        found.extend(api.members(&path));
        // Those who leave meanwhile are on their page nevertheless.
        api.post("/segments/A/members/batch", r#"{"remove":["1","12","25"]}"#).ok();
        let Some(next) = page.json["next"].as_str() else { break };
        path = format!("/segments/A/members?limit=10&cursor={next}");
    }
    assert_eq!(found, all);
    assert_eq!(api.members("/segments/A/members").len(), 22);
    Ok(())
}

#[tokio::test]
async fn a_batch_applies_what_it_can_and_names_the_rest() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.put("/users/00000000-0000-0000-0000-000000000009", "{}").ok();
    api.ask("DELETE", "/users/00000000-0000-0000-0000-000000000009", &[], "").ok();
    api.fixture.run("UPDATE segments.users SET source_id = 'b,1' WHERE user_id = 2").await?;
    let body = json!({
        "add": [
            { "user": ANNA },
            { "user": "nobody" },
            { "user": "99" },
            { "user": "3" },
            { "user": "source:b,1", "until": "2001-01-01T00:00:00Z" },
            { "user": BORIS, "ttl": 60, "until": "2099-01-01T00:00:00Z" },
            { "user": "1", "until": "2099-01-01T00:00:00Z" },
        ],
        "remove": ["x"],
    });
    let answer = api.post("/segments/A/members/batch", &body.to_string()).ok();
    let rejected = answer.json["rejected"].as_array().unwrap().clone();
    let named: Vec<_> = rejected.iter().map(|item| json!([item["list"], item["index"], item["code"]])).collect();
    let expected = json!([
        ["add", 0, "user_repeated"],
        ["add", 1, "invalid_user"],
        ["add", 2, "user_not_found"],
        ["add", 3, "user_removed"],
        ["add", 4, "until_in_the_past"],
        ["add", 5, "invalid_until"],
        ["remove", 0, "invalid_user"],
    ]);
    assert_eq!(json!(named), expected);
    let members = api.get("/segments/A/members").ok().json["items"].clone();
    assert_eq!((members.as_array().unwrap().len(), &members[0]["until"]), (1, &json!("2099-01-01T00:00:00Z")));
    // Adding again sets the end, and once more changes nothing.
    let again = format!(r#"{{"add":[{{"user":"{ANNA}"}}]}}"#);
    let answer = api.post("/segments/A/members/batch", &again).ok();
    assert_eq!((&answer.json["until_changed"], &answer.json["added"]), (&json!(1), &json!(0)));
    let answer = api.post("/segments/A/members/batch", &again).ok();
    assert_eq!((&answer.json["unchanged"], &answer.json["operation_id"]), (&json!(1), &Value::Null));
    // A user in both lists, by the same name or another one.
    for other in [ANNA, "1"] {
        let body = format!(r#"{{"add":[{{"user":"{ANNA}"}},{{"user":"2"}}],"remove":["{other}"]}}"#);
        let answer = api.post("/segments/A/members/batch", &body);
        assert_eq!((answer.status, answer.code()), (422, "user_in_both_lists"));
    }
    assert_eq!(api.members("/segments/A/members"), [ANNA]);
    api.fixture.audit().await
}

#[tokio::test]
async fn a_managed_membership_and_a_tag_segment_are_left_alone() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"1"}]}"#).ok();
    api.fixture
        .run(
            "INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh) SELECT 1, 2, start_at, opened_by, true
                FROM segments.memberships;
             UPDATE segments.segments SET refresh_auto = true WHERE name = 'A';
             UPDATE segments.segments SET refresh_auto = true, refresh_params = '{\"tag\":{\"tag\":\"B\"}}' WHERE name = 'B'",
        )
        .await?;
    let answer = api.post("/segments/A/members/batch", r#"{"remove":["1","2"]}"#).ok();
    assert_eq!(
        (&answer.json["removed"], &answer.json["rejected"][0]["code"]),
        (&json!(1), &json!("membership_managed"))
    );
    for (body, code) in [
        (r#"{"remove":["A"]}"#, "membership_managed"),
        (r#"{"add":[{"segment":"A","ttl":60}]}"#, "membership_managed"),
        (r#"{"add":[{"segment":"B"}]}"#, "segment_of_tag"),
    ] {
        let answer = api.post("/users/2/segments", body);
        assert_eq!((answer.status, answer.code()), (409, code), "{body}");
    }
    assert_eq!(api.post("/segments/B/members/batch", r#"{"add":[{"user":"1"}]}"#).code(), "segment_of_tag");
    assert_eq!(api.members("/segments/A/members"), [BORIS]);
    Ok(())
}

#[tokio::test]
async fn an_export_has_every_member_once() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.fixture.run("UPDATE segments.users SET source_id = 'a,\"1\"' WHERE user_id = 1").await?;
    let body = r#"{"add":[{"user":"1"},{"user":"2","until":"2099-01-01T00:00:00.5Z"}]}"#;
    api.post("/segments/A/members/batch", body).ok();
    let csv = api.get("/segments/A/members/export").ok();
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "user,user_id,source_id,since,until"));
    assert!(lines[1].starts_with(&format!("{ANNA},1,\"a,\"\"1\"\"\",20")) && lines[1].ends_with("Z,"), "{}", lines[1]);
    assert!(lines[2].starts_with(&format!("{BORIS},2,,")), "{}", lines[2]);
    assert!(lines[2].ends_with(",2099-01-01T00:00:00.5Z"), "{}", lines[2]);
    let json = api.get("/segments/A/members/export?format=ndjson").ok();
    let first: Value = serde_json::from_str(json.text.lines().next().unwrap())?;
    assert_eq!((&first["user"], &first["source_id"], &first["until"]), (&json!(ANNA), &json!("a,\"1\""), &Value::Null));
    assert_eq!(api.get("/segments/A/members/export?as_of=2001-01-01T00:00:00Z").ok().text.lines().count(), 1);
    assert_eq!(api.get("/segments/A/members/export?as_of=2099-01-01T00:00:00Z").code(), "as_of_in_the_future");
    assert_eq!(api.get("/segments/none/members/export").code(), "segment_not_found");
    assert_eq!(api.get("/segments/A/members/export?format=xml").code(), "invalid_query");
    Ok(())
}
