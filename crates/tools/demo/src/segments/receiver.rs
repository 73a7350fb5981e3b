//! A webhook receiver: verifies signatures, honours `sequence`, and can be out of order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use super::audience::{Change, Content};

/// The receiver. It ends with the process.
#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
}

/// What the receiver knows.
#[derive(Default)]
pub(super) struct State {
    secret: Vec<u8>,
    is_down: bool,
    /// The members.
    pub(super) content: Content,
    /// Requests whose signature is wrong.
    pub(super) forged: u64,
    /// Requests that were answered with 503.
    pub(super) refused: u64,
    /// When the last change of each kind arrived for a user.
    arrivals: HashMap<(Uuid, String), Instant>,
}

#[derive(Deserialize)]
struct Message {
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    changes: Vec<Change>,
}

/// A request, as far as the receiver needs it.
#[derive(Default)]
struct Request {
    id: String,
    timestamp: String,
    signatures: String,
    body: Vec<u8>,
}

impl Receiver {
    /// Listens on a free port of the loopback address.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/segments", listener.local_addr()?);
        let receiver = Self { url, state: Arc::default(), arrived: Arc::default() };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = accepting.clone();
                tokio::spawn(async move { receiver.serve(stream).await });
            }
        });
        Ok(receiver)
    }

    /// Takes the secret of the subscription, `whsec_…`.
    pub(super) fn trust(&self, secret: &str) -> Result<()> {
        let key = secret.strip_prefix("whsec_").context("the secret does not begin with whsec_")?;
        self.state().secret = STANDARD.decode(key)?;
        Ok(())
    }

    /// Begins or ends an outage.
    pub(super) fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a change of this kind has arrived for a user after `since`. Returns the time that it took.
    pub(super) async fn until(&self, user: Uuid, op: &str, since: Instant, limit: Duration) -> Result<Duration> {
        let waiting = async {
            loop {
                let arrived = self.arrived.notified();
                let at = self.state().arrivals.get(&(user, op.to_owned())).copied();
                if let Some(at) = at.filter(|at| *at >= since) {
                    return at - since;
                }
                arrived.await;
            }
        };
        timeout(limit, waiting).await.with_context(|| format!("the webhook has no `{op}` of {user} after {limit:?}"))
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut stream = BufReader::new(stream);
        let request = read(&mut stream).await?;
        let status = self.receive(&request);
        self.arrived.notify_waiters();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Ok(stream.get_mut().write_all(answer.as_bytes()).await?)
    }

    fn receive(&self, request: &Request) -> &'static str {
        let mut state = self.state();
        if state.is_down {
            state.refused += 1;
            return "503 Service Unavailable";
        }
        if !is_signed(&state.secret, request) {
            state.forged += 1;
            return "401 Unauthorized";
        }
        let Ok(message) = serde_json::from_slice::<Message>(&request.body) else { return "400 Bad Request" };
        if message.r#type == "segment.members.changed" {
            for change in message.data.changes {
                if state.content.apply(&change) {
                    state.arrivals.insert((change.user.guid, change.op), Instant::now());
                }
            }
        }
        "204 No Content"
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Request> {
    let (mut request, mut length) = (Request::default(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        let value = value.to_owned();
        match name.to_lowercase().as_str() {
            "webhook-id" => request.id = value,
            "webhook-timestamp" => request.timestamp = value,
            "webhook-signature" => request.signatures = value,
            "content-length" => length = value.parse()?,
            _ => {}
        }
    }
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await?;
    Ok(request)
}

/// Whether one of the signatures is that of id, time and body.
fn is_signed(secret: &[u8], request: &Request) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(format!("{}.{}.", request.id, request.timestamp).as_bytes());
    mac.update(&request.body);
    let signatures = request.signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    let mut decoded = signatures.filter_map(|signature| STANDARD.decode(signature).ok());
    decoded.any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_the_public_example_is_right_and_that_of_another_body_wrong() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut request = Request {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            timestamp: "1614265330".to_owned(),
            signatures: "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned(),
            body: br#"{"test": 2432232314}"#.to_vec(),
        };
        assert!(is_signed(&secret, &request));
        request.body[3] = b'x';
        assert!(!is_signed(&secret, &request));
    }
}
