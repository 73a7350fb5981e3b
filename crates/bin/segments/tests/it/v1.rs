//! API v1 against the recording of the customer's first service, and against each line of its description.

use crate::{fixture::Fixture, service::Service};

mod recording;
mod users;
mod segments;
mod memberships;
mod report;

/// The imported database, and the service on it.
async fn service() -> anyhow::Result<(Fixture, Service)> {
    let fixture = Fixture::imported().await?;
    let service = Service::start(&fixture.url, &[]).await?;
    Ok((fixture, service))
}

/// The body of an error.
fn error(origin: &str, title: &str, comment: &str, location: &str) -> String {
    let quoted = |text: &str| {
        let mut out = String::new();
        ::segments::go::json::quote(&mut out, text);
        out
    };
    format!(
        "{{\"origin_error_text\":{},\"title\":\"Err{title}\",\"comment\":{},\"location\":{}}}\n",
        quoted(origin),
        quoted(comment),
        quoted(location)
    )
}

/// The answer to a POST, which has to be an error.
fn rejects(service: &Service, path: &str, body: &str, status: u16, expected: &str) {
    let answer = service.post(&format!("/api/v1{path}"), body).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{path} {body}");
}

/// The answer to a GET.
fn answers(service: &Service, path: &str, status: u16, expected: &str) {
    let answer = service.get(&format!("/api/v1{path}")).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (status, expected), "{path}");
}
