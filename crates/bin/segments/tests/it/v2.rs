//! API v2.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

use crate::{fixture::Fixture, service::Service};

mod document;
mod segments;
mod members;
mod import;
mod users;
mod operations;
mod idempotency;
mod errors;
mod access;
mod pages;
mod reports;
mod subscribers;
mod automatic;

const ANNA: &str = "45643d9d-c98d-5888-9743-20b85ecf0752";
const BORIS: &str = "00000000-0000-0000-0000-000000000007";

/// An answer of API v2.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    text: String,
    /// The body, if it is JSON.
    json: Value,
}

impl Answer {
    /// The code of an error.
    fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// It is a success.
    fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }
}

/// A request. The body is JSON, unless a header says otherwise.
fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut head = format!("{method} /api/v2{path} HTTP/1.0\r\nContent-Length: {}\r\n", body.len());
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "Content-Type") {
        head.push_str("Content-Type: application/json\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Ok(Answer { status, headers, json: serde_json::from_str(text).unwrap_or_default(), text: text.to_owned() })
}

/// A test with a service, two users and three segments.
struct Api {
    fixture: Fixture,
    service: Service,
}

impl Api {
    async fn new() -> anyhow::Result<Self> {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let fixture = Fixture::new().await?;
        let settings: Vec<_> = [("DEV_METHODS", "true")].iter().chain(settings).copied().collect();
        let service = Service::start(&fixture.url, &settings).await?;
        let api = Self { fixture, service };
        for user in [ANNA, BORIS] {
            api.put(&format!("/users/{user}"), "{}").ok();
        }
        for name in ["A", "B", "C"] {
            api.post("/segments", &format!(r#"{{"name":"{name}"}}"#)).ok();
        }
        Ok(api)
    }

    /// A request. The answer has to be one that the document promises.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let answer = ask(self.service.address(), method, path, headers, body.as_ref()).unwrap();
        document::validate(method, path, &answer);
        answer
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[], body)
    }

    fn put(&self, path: &str, body: &str) -> Answer {
        self.ask("PUT", path, &[], body)
    }

    /// GUIDs of the members of a segment.
    fn members(&self, query: &str) -> Vec<String> {
        let items = self.get(query).ok().json["items"].clone();
        let guid = |item: &Value| item["user"]["guid"].as_str().unwrap().to_owned();
        items.as_array().unwrap().iter().map(guid).collect()
    }
}
