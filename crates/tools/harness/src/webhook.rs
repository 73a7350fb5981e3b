//! A webhook receiver: verifies signatures, honours `sequence`, and fails as a test says.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

pub use content::{Change, Content, User};
use request::Request;
pub use subscribe::admin_key;

mod content;
mod request;
mod subscribe;

/// Time after which the service has given a request up: it waits 15 seconds for an answer.
const LATE: Duration = Duration::from_secs(17);

/// How the receiver treats requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Behaviour {
    /// It applies the changes and answers 204.
    #[default]
    Works,
    /// It answers with this status, and applies nothing.
    Fails(u16),
    /// It applies nothing, and never answers.
    Hangs,
    /// It applies the changes when the service no longer waits for the answer.
    AnswersLate,
    /// It applies the changes, and closes the connection without an answer.
    LosesAnswers,
}

/// The receiver. It ends with the runtime that has started it.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
}

/// What the receiver knows.
#[derive(Default)]
struct State {
    secret: Vec<u8>,
    behaviour: Behaviour,
    content: Content,
    forged: u64,
    failed: u64,
    /// Requests whose changes are still to be applied.
    late: usize,
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

impl Receiver {
    /// Listens on a free port of the loopback address.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start() -> Result<Self> {
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

    /// The address for `params.url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes the secret of the subscription, `whsec_…`.
    ///
    /// # Errors
    /// It is no secret.
    pub fn trust(&self, secret: &str) -> Result<()> {
        let key = secret.strip_prefix("whsec_").context("the secret does not begin with whsec_")?;
        self.state().secret = STANDARD.decode(key)?;
        Ok(())
    }

    /// Treats requests so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> BTreeSet<Uuid> {
        self.state().content.members()
    }

    /// The number of changes that were applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.state().content.applied()
    }

    /// The number of requests whose signature is wrong.
    #[must_use]
    pub fn forged(&self) -> u64 {
        self.state().forged
    }

    /// The number of requests that were not treated as they should be.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.state().failed
    }

    /// Whether no request is left whose changes are applied late.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.state().late == 0
    }

    /// Waits until a change of this kind has arrived for a user after `since`. Returns the time that it took.
    ///
    /// # Errors
    /// It takes longer than `limit`.
    pub async fn until(&self, user: Uuid, op: &str, since: Instant, limit: Duration) -> Result<Duration> {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut stream = BufReader::new(stream);
        let request = Request::read(&mut stream).await?;
        let behaviour = self.state().behaviour;
        if behaviour != Behaviour::Works {
            self.state().failed += 1;
        }
        let status = match behaviour {
            Behaviour::Fails(status) => status,
            Behaviour::Hangs => {
                sleep(LATE * 2).await;
                return Ok(());
            }
            Behaviour::AnswersLate => {
                self.state().late += 1;
                sleep(LATE).await;
                let status = self.receive(&request);
                self.state().late -= 1;
                status
            }
            Behaviour::LosesAnswers => {
                self.receive(&request);
                return Ok(());
            }
            Behaviour::Works => self.receive(&request),
        };
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        Ok(stream.get_mut().write_all(answer.as_bytes()).await?)
    }

    /// Applies a request. Returns the status of the answer.
    fn receive(&self, request: &Request) -> u16 {
        let status = self.state().receive(request);
        self.arrived.notify_waiters();
        status
    }
}

impl State {
    fn receive(&mut self, request: &Request) -> u16 {
        if !request.is_signed(&self.secret) {
            self.forged += 1;
            return 401;
        }
        let Ok(message) = serde_json::from_slice::<Message>(&request.body) else { return 400 };
        if message.r#type == "segment.members.changed" {
            for change in message.data.changes {
                if self.content.apply(&change) {
                    self.arrivals.insert((change.user.guid, change.op), Instant::now());
                }
            }
        }
        204
    }
}
