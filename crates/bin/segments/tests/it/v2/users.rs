//! Users: changes in one call, membership, reason, history, check.

use serde_json::{Value, json};

use super::{ANNA, Api, BORIS};

#[tokio::test]
async fn a_user_joins_and_leaves_in_one_operation_or_not_at_all() -> anyhow::Result<()> {
    let api = Api::new().await?;
    let path = format!("/users/{ANNA}/segments");
    let body = r#"{"add":[{"segment":"A"},{"segment":"B","until":"2099-01-01T00:00:00+03:00"}]}"#;
    let added = api.post(&path, body).ok();
    assert_eq!((&added.json["added"], &added.json["removed"]), (&json!(["A", "B"]), &json!([])));
    let changed = api.post(&path, r#"{"add":[{"segment":"B"},{"segment":"C","ttl":60}],"remove":["A"]}"#).ok();
    let lists = ["added", "until_changed", "removed"].map(|list| changed.json[list].clone());
    assert_eq!(lists, [json!(["C"]), json!(["B"]), json!(["A"])]);
    let again = api.post(&path, r#"{"add":[{"segment":"B"}],"remove":["A"]}"#).ok();
    assert_eq!(again.json["operation_id"], Value::Null);
    for (body, status, code) in [
        (r#"{"add":[{"segment":"A"},{"segment":"none"}]}"#, 404, "segment_not_found"),
        (r#"{"add":[{"segment":"A"}],"remove":["A"]}"#, 422, "segment_repeated"),
        (r#"{"add":[{"segment":"A","until":"2001-01-01T00:00:00Z"}]}"#, 422, "until_in_the_past"),
        (r#"{"add":[{"segment":"A","until":"tomorrow"}]}"#, 422, "invalid_until"),
        (r#"{"add":[{"segment":"A","ttl":0}]}"#, 422, "invalid_until"),
        (r#"{"add":[{"segment":"A","ttl":1,"until":"2099-01-01T00:00:00Z"}]}"#, 422, "invalid_until"),
        (r#"{"add":[{"segment":"A","end":1}]}"#, 422, "invalid_body"),
        (r#"{"add":[{"segment":"A\u0000"}]}"#, 422, "invalid_text"),
    ] {
        let answer = api.post(&path, body);
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    }
    for (user, status, code) in [("99", 404, "user_not_found"), ("anna", 422, "invalid_user")] {
        let answer = api.post(&format!("/users/{user}/segments"), r#"{"add":[{"segment":"A"}]}"#);
        assert_eq!((answer.status, answer.code()), (status, code), "{user}");
    }
    let items = api.get(&path).ok().json["items"].clone();
    let names: Vec<_> = items.as_array().unwrap().iter().map(|item| item["segment"].clone()).collect();
    assert_eq!(names, ["B", "C"]);
    // A removed user is in no segment, and joins none.
    api.ask("DELETE", &format!("/users/{ANNA}"), &[], "").ok();
    assert_eq!(api.get(&path).ok().json["items"], json!([]));
    assert_eq!(api.post(&path, r#"{"add":[{"segment":"A"}]}"#).code(), "user_removed");
    assert_eq!(api.get(&format!("/users/{ANNA}")).ok().json["status"], "removed");
    api.fixture.audit().await
}

#[tokio::test]
async fn membership_and_reason_and_history_tell_the_same() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.fixture.run("UPDATE segments.users SET source_id = '626a/Я' WHERE user_id = 1").await?;
    let user = "/users/source:626a%2F%D0%AF";
    assert_eq!(api.get(user).ok().json["user"], json!({"guid": ANNA, "user_id": 1, "source_id": "626a/Я"}));
    let is_member = |path: &str| api.get(path).ok().json["member"].as_bool().unwrap();
    let path = format!("{user}/segments/A");
    assert!(!is_member(&path));
    assert_eq!(api.get(&format!("{path}/why")).ok().json["operation"], Value::Null);
    let headers = [("X-Request-Id", "r-1")];
    let added = api.ask("POST", &format!("{user}/segments"), &headers, r#"{"add":[{"segment":"A","ttl":3600}]}"#).ok();
    let why = api.get(&format!("{path}/why")).ok().json;
    assert_eq!((&why["member"], &why["bucket"]), (&json!(true), &json!(4487)));
    assert_eq!(why["operation"]["operation_id"], added.json["operation_id"]);
    assert_eq!(why["operation"]["kind"], "change_user");
    assert_eq!(api.get(&path).ok().json["until"], why["until"]);
    api.post(&format!("{user}/segments"), r#"{"remove":["A"]}"#).ok();
    let why = api.get(&format!("{path}/why")).ok().json;
    assert_eq!((&why["member"], &why["operation"]["detail"]["removed"]), (&json!(false), &json!([1])));
    // Expired: at once, recorded or not.
    api.post(&format!("{user}/segments"), r#"{"add":[{"segment":"B","ttl":1}]}"#).ok();
    while is_member(&format!("{user}/segments/B")) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let events = |path: &str| {
        let page = api.get(path).ok().json;
        let items = page["items"].as_array().unwrap().clone();
        let events = items.iter().map(|item| (item["kind"].as_str().unwrap().to_owned(), item["segment"].clone()));
        (events.collect::<Vec<_>>(), page["next"].as_str().map(str::to_owned))
    };
    let named = |events: &[(&str, &str)]| -> Vec<(String, Value)> {
        events.iter().map(|(kind, segment)| ((*kind).to_owned(), json!(segment))).collect()
    };
    let all = named(&[("added", "A"), ("removed", "A"), ("added", "B"), ("expired", "B")]);
    assert_eq!(events(&format!("{user}/history")).0, all);
    let (mut found, mut path) = (Vec::new(), format!("{user}/history?limit=1"));
    loop {
        let (page, next) = events(&path);
        found.extend(page);
        let Some(next) = next else { break };
        path = format!("{user}/history?limit=1&cursor={next}");
    }
    assert_eq!(found, all);
    // An unknown user and a deleted segment: no. An unknown segment: 404.
    assert!(!is_member("/users/99/segments/A"));
    api.ask("DELETE", "/segments/C", &[], "").ok();
    assert!(!is_member(&format!("{user}/segments/C")));
    assert_eq!(api.get(&format!("{user}/segments/none")).code(), "segment_not_found");
    assert_eq!(api.get(&format!("{user}/segments/%00")).code(), "segment_not_found");
    assert_eq!(api.get("/users/99/history").code(), "user_not_found");
    Ok(())
}

#[tokio::test]
async fn pairs_are_checked_in_their_order() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"2","until":"2099-01-01T00:00:00Z"}]}"#).ok();
    let pair = |user: &str, segment: &str| json!({ "user": user, "segment": segment });
    let pairs = [pair(BORIS, "A"), pair("2", "B"), pair("2", "A"), pair("99", "A"), pair("source:x", "none")];
    let answer = api.post("/check", &json!({ "pairs": pairs }).to_string()).ok();
    let results = answer.json["results"].as_array().unwrap().clone();
    let members: Vec<_> = results.iter().map(|result| result["member"].as_bool().unwrap()).collect();
    assert_eq!(members, [true, false, true, false, false]);
    let exist: Vec<_> = results.iter().map(|result| result["segment_exists"].as_bool().unwrap()).collect();
    assert_eq!(exist, [true, true, true, true, false]);
    assert_eq!((&results[0]["user"], &results[0]["until"]), (&json!(BORIS), &json!("2099-01-01T00:00:00Z")));
    let many = json!({ "pairs": vec![pair("1", "A"); 1001] }).to_string();
    assert_eq!(api.post("/check", &many).code(), "too_many_pairs");
    assert_eq!(api.post("/check", r#"{"pairs":[{"user":"anna","segment":"A"}]}"#).code(), "invalid_user");
    assert_eq!(api.post("/check", r#"{"pairs":[{"user":"1","segment":"A\u0000"}]}"#).code(), "invalid_text");
    Ok(())
}
