//! `GET /operations`: every write, by segment, user, actor and time.

use serde_json::{Value, json};

use super::{ANNA, Api};

fn kinds(api: &Api, query: &str) -> Vec<String> {
    let items = api.get(&format!("/operations?{query}")).ok().json["items"].clone();
    items.as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_write_is_listed_by_segment_user_actor_and_time() -> anyhow::Result<()> {
    let api = Api::new().await?;
    api.post(&format!("/users/{ANNA}/segments"), r#"{"add":[{"segment":"A"},{"segment":"B"}]}"#).ok();
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"2"}],"remove":["1"]}"#).ok();
    api.ask("PATCH", "/segments/A", &[], r#"{"description":"d"}"#).ok();
    api.ask("PATCH", "/segments/A", &[], r#"{"description":"d"}"#).ok();
    api.ask("DELETE", "/segments/B", &[], "").ok();
    let of_a = ["configure_segment", "batch", "change_user", "create_segment"];
    assert_eq!(kinds(&api, "segment=A"), of_a);
    assert_eq!(kinds(&api, "segment=B"), ["delete_segment", "change_user", "create_segment"]);
    assert_eq!(kinds(&api, "user=2"), ["batch", "create_user"]);
    assert_eq!(kinds(&api, "user=1"), ["delete_segment", "batch", "change_user", "create_user"]);
    assert_eq!(kinds(&api, "user=1&segment=A"), ["batch", "change_user"]);
    assert_eq!(kinds(&api, "segment=A&actor=anna"), Vec::<String>::new());
    assert_eq!(kinds(&api, "actor=anonymous").len(), 9);
    assert_eq!(kinds(&api, "actor=anna"), Vec::<String>::new());
    let all = api.get("/operations").ok().json["items"].clone();
    assert_eq!(all.as_array().unwrap().len(), 9);
    let (newest, third) = (&all[0], &all[2]);
    assert_eq!(
        (&newest["kind"], &newest["segment"], &newest["user"]),
        (&json!("delete_segment"), &json!("B"), &Value::Null)
    );
    let at = |operation: &Value| operation["at"].as_str().unwrap().to_owned();
    let (from, to) = (at(third), at(newest));
    assert_eq!(kinds(&api, &format!("from={from}&to={to}")), ["configure_segment", "batch"]);
    assert_eq!(kinds(&api, &format!("from={to}")), ["delete_segment"]);
    // Pages, one by one.
    let (mut found, mut query) = (Vec::new(), "segment=A&limit=1".to_owned());
    loop {
        found.extend(kinds(&api, &query));
        let page = api.get(&format!("/operations?{query}")).ok();
        // A later one is not in the list.
        api.post("/segments/A/members/batch", r#"{"add":[{"user":"1"}]}"#).ok();
        let Some(next) = page.json["next"].as_str() else { break };
        query = format!("segment=A&limit=1&cursor={next}");
    }
    assert_eq!(found, of_a);
    for (query, status, code) in [
        ("segment=none", 404, "filter_not_found"),
        ("user=99", 404, "filter_not_found"),
        ("user=anna", 422, "invalid_user"),
        ("from=yesterday", 422, "invalid_time"),
        ("segment=%00", 422, "invalid_text"),
        ("kind=batch", 422, "invalid_query"),
    ] {
        let answer = api.get(&format!("/operations?{query}"));
        assert_eq!((answer.status, answer.code()), (status, code), "{query}");
    }
    Ok(())
}
