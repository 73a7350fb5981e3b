//! Reports by link: about a user or a segment, in a month or a period.

use super::{ANNA, Api, BORIS};

#[tokio::test]
async fn a_report_has_the_events_of_its_subject_in_its_period() -> anyhow::Result<()> {
    let api = Api::with(&[("PUBLIC_URL", "http://segments/")]).await?;
    api.post("/segments", r#"{"name":"a;\"b\""}"#).ok();
    api.post("/segments/A/members/batch", r#"{"add":[{"user":"1"},{"user":"2","ttl":1}]}"#).ok();
    api.post("/users/1/segments", r#"{"add":[{"segment":"a;\"b\""}],"remove":["A"]}"#).ok();
    while api.members("/segments/A/members") == [BORIS] {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let lines = |body: &str| -> Vec<String> {
        let link = api.post("/reports", body).ok().json["link"].as_str().unwrap().to_owned();
        let path = link.strip_prefix("http://segments/api/v2").unwrap().to_owned();
        let text = api.get(&path).ok().text;
        text.lines().map(|line| line.rsplit_once(';').unwrap().0.to_owned()).collect()
    };
    let period = r#""from":"2001-01-01T00:00:00Z","to":"2099-01-01T00:00:00Z""#;
    let segment = lines(&format!(r#"{{"segment":"A",{period}}}"#));
    assert_eq!(
        segment,
        [
            format!("{ANNA};A;added"),
            format!("{BORIS};A;added"),
            format!("{ANNA};A;removed"),
            format!("{BORIS};A;expired")
        ]
    );
    let quoted = format!("{ANNA};\"a;\"\"b\"\"\";added");
    let mut user = lines(&format!(r#"{{"user":"{ANNA}",{period}}}"#));
    user.sort_unstable();
    assert_eq!(user, [quoted, format!("{ANNA};A;added"), format!("{ANNA};A;removed")]);
    assert_eq!(lines(r#"{"user":"1","month":"2001-01"}"#), Vec::<String>::new());
    for (body, code) in [
        (r#"{"month":"2001-01"}"#, "invalid_subject"),
        (r#"{"user":"1","segment":"A","month":"2001-01"}"#, "invalid_subject"),
        (r#"{"user":"1"}"#, "invalid_period"),
        (r#"{"user":"1","month":"2001-13"}"#, "invalid_month"),
        (r#"{"user":"1","month":"2001-01","from":"2001-01-01T00:00:00Z"}"#, "invalid_period"),
        (r#"{"user":"99","month":"2001-01"}"#, "user_not_found"),
        (r#"{"segment":"none","month":"2001-01"}"#, "segment_not_found"),
    ] {
        assert_eq!(api.post("/reports", body).code(), code, "{body}");
    }
    Ok(())
}
