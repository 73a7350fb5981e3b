//! A Google Drive on loopback for tests: checks each request as Google does, and fails at the step that a test says.
//!
//! It knows one service account. The signature, the audience and the scope of an assertion are checked, every other request
//! needs a token that was issued, and chunks have to continue an upload.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post, put},
};
use openssl::{
    pkey::{PKey, Private},
    rsa::Rsa,
};
use serde_json::json;
use tokio::net::TcpListener;

mod token;
mod files;
mod upload;

/// The steps of an upload at which the server can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An assertion is exchanged for a token.
    Token,
    /// A file is looked for.
    Find,
    /// Content arrives, or a resumable upload begins.
    Upload,
    /// A chunk of a resumable upload arrives.
    Chunk,
    /// A file is shared.
    Share,
}

/// How a step fails.
#[derive(Debug, Clone)]
enum Failure {
    /// With this status and body.
    Answer(u16, String),
    /// Without an answer.
    Silence,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its type, without parameters.
    pub mime_type: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Whether everybody who has the link may read it.
    pub is_public: bool,
}

/// The server. It ends with the runtime of the test.
pub struct DriveServer {
    address: SocketAddr,
    key: PKey<Private>,
    state: Shared,
}

type Shared = Arc<Mutex<Drive>>;

#[derive(Default)]
struct Drive {
    url: String,
    public_key: String,
    tokens: BTreeSet<String>,
    files: BTreeMap<String, StoredFile>,
    sessions: BTreeMap<String, upload::Session>,
    failure: Option<(Step, Failure)>,
    steps: Vec<Step>,
    largest_body: usize,
    /// Numbers tokens, files and sessions.
    last: u64,
}

/// The e-mail address of the service account.
pub const EMAIL: &str = "reports@project.iam.gserviceaccount.com";

impl DriveServer {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// There is no port, or OpenSSL makes no key.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, key) = (listener.local_addr()?, PKey::from_rsa(Rsa::generate(2048)?)?);
        let public_key = String::from_utf8(key.public_key_to_pem()?)?;
        let drive = Drive { url: format!("http://{address}"), public_key, ..Drive::default() };
        let state = Shared::new(Mutex::new(drive));
        let routes = Router::new()
            .route("/token", post(token::issue))
            .route("/drive/v3/files", get(files::find))
            .route("/drive/v3/files/{id}/permissions", post(files::share))
            .route("/upload/drive/v3/files", post(upload::create))
            .route("/upload/drive/v3/files/{id}", patch(upload::replace))
            .route("/session/{id}", put(upload::chunk))
            .layer(middleware::from_fn_with_state(Arc::clone(&state), fail))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, key, state })
    }

    /// The address of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The JSON file of the service account.
    ///
    /// # Errors
    /// OpenSSL does not print the key.
    pub fn account(&self) -> anyhow::Result<String> {
        let private_key = String::from_utf8(self.key.private_key_to_pem_pkcs8()?)?;
        let token_uri = format!("{}/token", self.url());
        let account = json!({"type": "service_account", "project_id": "project", "private_key_id": "key-1",
            "private_key": private_key, "client_email": EMAIL, "token_uri": token_uri});
        Ok(account.to_string())
    }

    /// Lets a step fail from now on.
    pub fn fail(&self, step: Step, status: u16, body: &str) {
        lock(&self.state).failure = Some((step, Failure::Answer(status, body.to_owned())));
    }

    /// Lets a step get no answer from now on.
    pub fn silence(&self, step: Step) {
        lock(&self.state).failure = Some((step, Failure::Silence));
    }

    /// Lets no step fail any more.
    pub fn heal(&self) {
        lock(&self.state).failure = None;
    }

    /// Forgets all tokens.
    pub fn revoke_tokens(&self) {
        lock(&self.state).tokens.clear();
    }

    /// The steps since the last call.
    pub fn take_steps(&self) -> Vec<Step> {
        std::mem::take(&mut lock(&self.state).steps)
    }

    /// The files by id.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, StoredFile> {
        lock(&self.state).files.clone()
    }

    /// The size of the largest body of a request so far.
    #[must_use]
    pub fn largest_body(&self) -> usize {
        lock(&self.state).largest_body
    }
}

impl Drive {
    /// A new id.
    fn next_id(&mut self, kind: &str) -> String {
        self.last += 1;
        format!("{kind}-{}", self.last)
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, Drive> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a request is refused, in the form of Google's errors.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let error = json!({"error": {"code": self.0.as_u16(), "message": self.1}});
        (self.0, error.to_string()).into_response()
    }
}

/// A request that makes no sense.
fn bad(what: &str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, what.to_owned())
}

/// Notes the step of a request, fails if the test says so, and requires a token of every step that needs one.
async fn fail(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let step = match path {
        "/token" => Step::Token,
        "/drive/v3/files" => Step::Find,
        _ if path.starts_with("/session/") => Step::Chunk,
        _ if path.starts_with("/upload/") => Step::Upload,
        _ => Step::Share,
    };
    let failure = {
        let mut drive = lock(&state);
        drive.steps.push(step);
        drive.failure.clone().filter(|(failing, _)| *failing == step).map(|(_, failure)| failure)
    };
    match failure {
        Some(Failure::Answer(status, body)) => {
            return (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), body).into_response();
        }
        Some(Failure::Silence) => std::future::pending().await,
        None => {}
    }
    if !matches!(step, Step::Token | Step::Chunk) && !token::is_known(&state, request.headers()) {
        return Refused(StatusCode::UNAUTHORIZED, "Invalid Credentials".to_owned()).into_response();
    }
    next.run(request).await
}
