//! The recording of the customer's first service, replayed in order.

use serde_json::Value;

use super::service;
use crate::fixture::data;

/// The keys whose numbers differ from one run to another.
const NUMBERS: [&str; 4] = ["\"id\":", "\"user_id\":", "\"segment_id\":", "\"information_id\":"];

/// A body with such numbers, and dates, masked.
fn masked(body: &str) -> String {
    let mut text = body.to_owned();
    for key in NUMBERS {
        let parts: Vec<String> = text
            .split(key)
            .enumerate()
            .map(|(index, part)| match index {
                0 => part.to_owned(),
                _ => format!("N{}", part.trim_start_matches(|letter: char| letter.is_ascii_digit())),
            })
            .collect();
        text = parts.join(key);
    }
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        let window = letters.iter().skip(at).take(DATE.len()).copied().collect::<Vec<_>>();
        let is_date = window.len() == DATE.len()
            && window.iter().zip(DATE.chars()).all(|(letter, form)| match form {
                '0' => letter.is_ascii_digit(),
                other => *letter == other,
            });
        if is_date {
            out.push_str("DATE");
            at += DATE.len();
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

const DATE: &str = "00:00:00 00.00.0000";

/// The report inside the JSON.
fn report(body: &str) -> Vec<String> {
    let json: Value = serde_json::from_str(body).unwrap();
    json["report"].as_str().unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_answer_is_that_of_the_recording() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    let cases = data("cases.jsonl");
    let mut count = 0;
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case)?;
        let (name, body) = (case["case"].as_str().unwrap(), case["req_body"].as_str().unwrap_or_default());
        let (method, path) = (case["method"].as_str().unwrap(), case["path"].as_str().unwrap());
        let answer = service.ask(method, path, case["req_content_type"].as_str(), body)?;
        assert_eq!(u64::from(answer.status), case["status"].as_u64().unwrap(), "{name}: {answer:?}");
        assert_eq!(answer.content_type.as_deref(), case["resp_content_type"].as_str(), "{name}");
        let expected = case["resp_body"].as_str().unwrap();
        if name == "report" {
            let (ours, theirs) = (report(&answer.body), report(expected));
            assert_eq!(ours[..9], theirs[..9], "the header and the first eight rows");
            assert_eq!(masked(&answer.body)[..60], masked(expected)[..60]);
            assert!(answer.body.ends_with("\\n\"}\n"), "{}", answer.body);
        } else {
            assert_eq!(masked(&answer.body), masked(expected), "{name}");
        }
        match name {
            "createuser" => assert_eq!(answer.body, "{\"id\":17}\n"),
            "cu-html" => assert_eq!(answer.body, "{\"id\":18}\n", "a rejected call consumes no id"),
            _ => {}
        }
        count += 1;
    }
    assert_eq!(count, 26);
    fixture.audit().await
}

#[test]
fn numbers_and_dates_are_masked_and_nothing_else() {
    assert_eq!(masked(r#"{"id":17,"age":27,"d":"12:35:50 01.01.2023"}"#), r#"{"id":N,"age":27,"d":"DATE"}"#);
}
