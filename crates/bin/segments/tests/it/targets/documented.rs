//! The receivers that `docs/subscribers.md` shows: both verify signatures, and honour the sequence.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use segments::subscribers::{
    Change, Op,
    targets::webhook::{message::message, signature},
};
use serde_json::json;

use self::receiver::{Users, receive};
use super::{
    fixture::{audience, changes},
    service::{add, segment, subscribe, until},
};
use crate::service::Service;

mod receiver;

/// The first block of the page in this language.
fn block(language: &str) -> String {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/subscribers.md")).unwrap();
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_page_shows_the_receiver_that_is_tested() {
    let tested = include_str!("documented/receiver.rs").replace("pub(super) ", "");
    assert_eq!(tested.split_once("\n\n").unwrap().1, block("rust"));
}

/// The message of the service with these changes of user 1, signed with the secret, as the receiver in Rust answers it.
fn receives(users: &mut Users, op: Op, sequence: i64, is_tampered: bool) -> Option<()> {
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let changes: Vec<_> = changes(op, [1]).into_iter().map(|change| Change { sequence, ..change }).collect();
    let sent = message(&audience("A"), &changes, jiff::Timestamp::UNIX_EPOCH);
    let secrets = [vec![1; 32], BASE64_STANDARD.decode(SECRET).unwrap()];
    let signatures = signature::header(&secrets, &sent.id, 7, sent.body.as_bytes());
    let body = if is_tampered { sent.body.replace("\"A\"", "\"B\"") } else { sent.body };
    receive(SECRET, &sent.id, "7", &signatures, body.as_bytes(), users)
}

#[test]
fn the_receiver_in_rust_verifies_signatures_and_honours_the_sequence() {
    let mut users = Users::new();
    assert_eq!(receives(&mut users, Op::Added, 5, true), None);
    assert!(users.is_empty());
    for (op, sequence, is_member) in [
        (Op::Added, 5, true),
        (Op::Removed, 8, false),
        (Op::Added, 5, false),
        (Op::Removed, 8, false),
        (Op::Added, 9, true),
    ] {
        assert_eq!(receives(&mut users, op, sequence, false), Some(()));
        assert_eq!(users.values().map(|(_, is_member)| *is_member).collect::<Vec<_>>(), [is_member], "{sequence}");
    }
}

/// A process that is killed when the test ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_receiver_in_python_acknowledges_what_the_service_sends() -> anyhow::Result<()> {
    let (fixture, admin) = segment(3).await?;
    let service = Service::start(&fixture.url, &[("WEBHOOK_PRIVATE", "allow")]).await?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let params = json!({"url": format!("http://127.0.0.1:{port}/hook")});
    let (_, secret) = subscribe(&service, &admin, "webhook", "mirror", &params);
    let shown = block("python");
    let program =
        shown.replace("whsec_…", &secret.unwrap()).replace("(\"\", 9000)", &format!("(\"127.0.0.1\", {port})"));
    assert!(program.contains(&port.to_string()) && program.contains("whsec_"), "{program}");
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/venvs/segments/bin/python");
    let _receiver = Killed(Command::new(python).args(["-c", &program]).spawn()?);
    add(&service, &admin, 1..=3);
    until(&fixture, "SELECT count(*) FROM segments.deliveries WHERE membership_id IS NOT NULL", "3").await?;
    until(&fixture, "SELECT status FROM segments.subscriptions", "uploaded").await
}
