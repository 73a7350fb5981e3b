//! A webhook receiver: it verifies each signature by itself, and applies a change only if its sequence is above the last of the user.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

/// Timeout of any condition.
const SOON: Duration = Duration::from_secs(60);

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) id: String,
    pub(super) signatures: usize,
    pub(super) body: Value,
}

/// What the receiver answers: the status, and perhaps headers.
type Decide = Box<dyn Fn(&Value) -> (u16, String) + Send>;

struct State {
    secrets: Vec<Vec<u8>>,
    decide: Decide,
    /// Changes are applied, and the connection is closed without an answer.
    loses_answers: bool,
    received: Vec<Received>,
    /// By GUID: the last sequence, and whether the user is a member.
    users: BTreeMap<String, (i64, bool)>,
}

/// A receiver on a port of its own.
pub(super) struct Receiver {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (secrets, received) = (Vec::new(), Vec::new());
        let decide: Decide = Box::new(|_| (204, String::new()));
        let state = State { secrets, decide, loses_answers: false, received, users: BTreeMap::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { port, state })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Secrets as hexadecimal digits. A request has to be signed with one of them.
    pub(super) fn trust(&self, secrets: &[String]) {
        let bytes = |text: &String| {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        self.state().secrets = secrets.iter().map(bytes).collect();
    }

    /// The secret as it is shown.
    pub(super) fn trust_text(&self, secret: &str) {
        let secret = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        self.state().secrets = vec![secret];
    }

    /// From now on it answers so. What is not acknowledged is not applied.
    pub(super) fn answers(&self, decide: impl Fn(&Value) -> (u16, String) + Send + 'static) {
        self.state().decide = Box::new(decide);
    }

    pub(super) fn loses_answers(&self, loses: bool) {
        self.state().loses_answers = loses;
    }

    pub(super) fn calls(&self) -> usize {
        self.state().received.len()
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    pub(super) fn last_changes(&self) -> Vec<Value> {
        let received = self.state().received.last().cloned();
        received.and_then(|received| received.body["data"]["changes"].as_array().cloned()).unwrap_or_default()
    }

    /// The GUIDs of those who are members here.
    pub(super) fn holds(&self) -> BTreeSet<String> {
        let users = &self.state().users;
        users.iter().filter(|(_, (_, is_member))| *is_member).map(|(guid, _)| guid.clone()).collect()
    }

    /// Waits until it has been called so often.
    pub(super) async fn until_called(&self, calls: usize) -> anyhow::Result<()> {
        let begin = Instant::now();
        while self.calls() < calls {
            anyhow::ensure!(begin.elapsed() < SOON, "{} calls, not {calls}", self.calls());
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// Reads a request and answers it.
async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "closed");
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            break (String::from_utf8_lossy(&bytes[..end]).into_owned(), end + 4 + length);
        }
    };
    while bytes.len() < length {
        anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "closed");
    }
    let start = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let (status, headers) = state.lock().unwrap().receive(&head, &bytes[start..length]);
    if state.lock().unwrap().loses_answers {
        return Ok(());
    }
    let answer = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\nno");
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

impl State {
    fn receive(&mut self, head: &str, body: &[u8]) -> (u16, String) {
        let text = |name| header(head, name).unwrap_or_default();
        let (id, time, signatures) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
        let is_signed = self.secrets.iter().any(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(&[id.as_bytes(), b".", time.as_bytes(), b".", body].concat());
            let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
            signatures.split(' ').any(|signature| signature == expected)
        });
        if !is_signed {
            return (401, String::new());
        }
        let body: Value = serde_json::from_slice(body).unwrap();
        let (status, headers) = (self.decide)(&body);
        if (200..300).contains(&status) {
            self.apply(&body);
        }
        self.received.push(Received { id, signatures: signatures.split(' ').count(), body });
        (status, headers)
    }

    fn apply(&mut self, body: &Value) {
        if body["type"] == "segment.audience.removed" {
            self.users.values_mut().for_each(|(_, is_member)| *is_member = false);
        }
        for change in body["data"]["changes"].as_array().into_iter().flatten() {
            let (guid, sequence) = (change["user"]["guid"].as_str().unwrap(), change["sequence"].as_i64().unwrap());
            let (last, is_member) = self.users.entry(guid.to_owned()).or_insert((i64::MIN, false));
            if sequence > *last {
                (*last, *is_member) = (sequence, change["op"] == "added");
            }
        }
    }
}
