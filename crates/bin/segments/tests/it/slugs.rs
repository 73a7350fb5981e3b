//! The routes of the customer's second service.

use crate::{fixture::Fixture, service::Service};

mod changes;
mod history;

const ANNA: &str = "45643d9d-c98d-5888-9743-20b85ecf0752";
const BORIS: &str = "00000000-0000-0000-0000-000000000007";

/// The service with the dev-only methods, two users and three segments.
async fn service() -> anyhow::Result<(Fixture, Service)> {
    let fixture = Fixture::new().await?;
    let service = Service::start(&fixture.url, &[("DEV_METHODS", "true"), ("PUBLIC_URL", "http://segments/")]).await?;
    for user in [ANNA, BORIS] {
        done(&service, "POST", "create-user", &format!(r#"{{"userID":"{user}"}}"#));
    }
    for slug in ["A", "B", "C"] {
        done(&service, "POST", "create", &format!(r#"{{"slug":"{slug}","percentToFill":0}}"#));
    }
    Ok((fixture, service))
}

/// A request that changes something.
fn done(service: &Service, method: &str, path: &str, body: &str) {
    let answer = service.ask(method, &format!("/segments/{path}"), Some("application/json"), body).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path} {body}");
}

/// A request that is rejected with this type and this text.
fn rejects(service: &Service, method: &str, path: &str, body: &str, kind: &str, info: &str) {
    let answer = service.ask(method, &format!("/segments/{path}"), Some("application/json"), body).unwrap();
    let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 400, "{path} {body}");
    assert_eq!(json["errors"][0]["type"], kind, "{path} {body}: {json}");
    if !info.is_empty() {
        assert_eq!(json["errors"][0]["info"], info, "{path} {body}");
    }
}

/// The segments of a user.
fn segments(service: &Service, user: &str) -> String {
    service.get(&format!("/segments/get-for-user?userID={user}")).unwrap().body
}
