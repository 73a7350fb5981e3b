//! Tests of the decisions about records and answers.

use std::sync::Arc;

use super::*;

fn record(value: Option<&str>) -> Record {
    let value = value.map(|value| value.as_bytes().to_vec());
    Record {
        topic: Arc::from("UserAction"),
        partition: 0,
        offset: 0,
        timestamp: None,
        key: None,
        value,
        headers: Vec::new(),
        unread: None,
    }
}

#[test]
fn a_record_names_a_user_or_is_a_dead_letter() {
    let guid = "45643d9d-c98d-5888-9743-20b85ecf0752";
    let good = format!(r#"{{"userID":"{guid}","more":1}}"#);
    assert_eq!(decode(&record(Some(&good))).unwrap().to_string(), guid);
    assert_eq!(decode(&record(None)), Err(Outcome::Skipped("tombstone")));
    for (value, expected) in
        [("", "not-json"), ("[]", "not-json"), (r#"{"userID":7}"#, "not-json"), (r#"{"userID":"x"}"#, "no-guid")]
    {
        let Err(Outcome::DeadLetter(rejection)) = decode(&record(Some(value))) else { panic!("{value}") };
        assert_eq!(rejection.reason, expected, "{value}");
    }
}

#[test]
fn an_answer_is_a_status_a_dead_letter_or_an_outage() {
    let answer = |status, body: &str| decide(&Answer { status, body: Some(body.to_owned().into()) });
    assert_eq!(answer(200, r#"{"status":"active","x":1}"#), Decision::Set(Status::Active));
    assert_eq!(answer(200, r#"{"status":"excluded"}"#), Decision::Set(Status::Excluded));
    for status in [404, 410] {
        assert_eq!(answer(status, "garbage"), Decision::Set(Status::Removed));
    }
    let reason = |decision| match decision {
        Decision::Reject(rejection) => rejection.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(answer(200, r#"{"status":"happy"}"#)), "unknown-status");
    assert_eq!(reason(answer(200, "garbage")), "unreadable-answer");
    assert_eq!(reason(decide(&Answer { status: 200, body: None })), "unreadable-answer");
    assert_eq!(reason(answer(400, "")), "rejected-user");
    assert_eq!(reason(answer(422, "")), "rejected-user");
    for status in [301, 401, 403, 429, 500, 503] {
        assert!(matches!(answer(status, ""), Decision::Outage(_)), "{status}");
    }
}
