//! Access: keys, roles, and which role a request needs.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, header::AUTHORIZATION},
    middleware::{self, Next},
    response::Response,
};
use clap::ValueEnum;
use consumer::{DependencyError, Failure, Fault};
use database::{Database, POSTGRES, Statement, Transaction, get, statement};
use http::LongResponse;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

const SELECT: Statement = statement!("segments/access/select_key");
const INSERT: Statement = statement!("segments/access/insert_key");

/// Maximum time until a response begins.
const FIRST_BYTE: Duration = Duration::from_secs(30);

/// `AUTH`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    /// Requests without a key may read, and may change users, segments and members.
    Off,
    /// Every request needs a key.
    On,
}

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// May only read.
    Analyst,
    /// May do everything.
    Admin,
}

/// What the routes of a router need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Any key for GET and HEAD, an admin's for other methods.
    ByMethod,
    /// Any key.
    Read,
    /// The key of an admin; none with `AUTH=off`.
    Change,
    /// The key of an admin, always.
    Admin,
}

/// Whether the caller has the key of an admin. An extension of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasAdminKey(pub(crate) bool);

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no valid key.
    Unauthorized,
    /// The role of the key does not suffice.
    Forbidden,
}

/// How an API answers a refused request, and a failure of the database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) refused: fn(Refusal) -> Response,
    pub(crate) failed: fn(Failure) -> Response,
}

/// The name of the key of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) String);

/// The keys of the API.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    database: Database,
    auth: Auth,
}

struct Guard {
    keys: Keys,
    access: Access,
    answers: Answers,
}

impl Role {
    /// Its name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }
}

impl Keys {
    pub(crate) const fn new(database: Database, auth: Auth) -> Self {
        Self { database, auth }
    }

    /// Requires a key for all routes of `router` so far: of an admin for changes, of anybody for reads.
    pub(crate) fn guard<S: Clone + Send + Sync + 'static>(&self, router: Router<S>, answers: Answers) -> Router<S> {
        self.require(router, Access::ByMethod, answers)
    }

    /// Requires this access for all routes of `router` so far.
    pub(crate) fn require<S: Clone + Send + Sync + 'static>(
        &self,
        router: Router<S>,
        access: Access,
        answers: Answers,
    ) -> Router<S> {
        for reason in ["missing", "wrong", "role"] {
            metrics::counter!("tagmill_segments_refused_total", "reason" => reason).increment(0);
        }
        let guard = Arc::new(Guard { keys: self.clone(), access, answers });
        router.route_layer(middleware::from_fn_with_state(guard, check))
    }

    /// The caller. `None`: there is no such key.
    async fn find(&self, key: &[u8]) -> Result<Option<(Caller, Role)>, Failure> {
        let rows = self.database.read(&SELECT, &[&hash(key)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let role = if get::<&str>(row, 1)? == "admin" { Role::Admin } else { Role::Analyst };
        Ok(Some((Caller(get(row, 0)?), role)))
    }
}

/// The SHA-256 of a key, by which it is found.
pub(crate) fn hash(key: &[u8]) -> String {
    hex(&Sha256::digest(key))
}

/// Creates a key and returns it. `None`: the name is taken.
pub(crate) async fn create(transaction: &Transaction, name: &str, role: Role) -> Result<Option<String>, Failure> {
    let key = format!("tms_{}", hex(&rand::random::<[u8; 32]>()));
    let created = transaction.execute(&INSERT, [&name, &role.name(), &hash(key.as_bytes())]).await?;
    Ok((created > 0).then_some(key))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lets a request pass if its caller may do what it asks for, and limits the time until the response begins.
async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let Guard { keys, access, answers } = &*guard;
    let caller = match bearer(request.headers()) {
        Some(key) => match keys.find(key).await {
            Ok(found) => found.ok_or("wrong").map(Some),
            Err(failure) => return (answers.failed)(failure),
        },
        None if keys.auth == Auth::Off => Ok(None),
        None => Err("missing"),
    };
    let is_read = match access {
        Access::ByMethod => matches!(*request.method(), Method::GET | Method::HEAD),
        Access::Read => true,
        Access::Change | Access::Admin => false,
    };
    let refused = |reason, refusal| {
        metrics::counter!("tagmill_segments_refused_total", "reason" => reason).increment(1);
        (answers.refused)(refusal)
    };
    match caller {
        Err(reason) => return refused(reason, Refusal::Unauthorized),
        Ok(Some((_, Role::Analyst))) if !is_read => return refused("role", Refusal::Forbidden),
        Ok(None) if *access == Access::Admin => return refused("missing", Refusal::Unauthorized),
        Ok(Some((caller, role))) => {
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(HasAdminKey(role == Role::Admin));
        }
        Ok(None) => {}
    }
    let long = request.extensions().get::<LongResponse>().cloned();
    let mut response = pin!(next.run(request));
    match timeout(FIRST_BYTE, &mut response).await {
        Ok(response) => response,
        // The route limits its time itself.
        Err(_) if long.is_some_and(|long| long.is_allowed()) => response.await,
        Err(_) => (answers.failed)(late().into()),
    }
}

/// The database takes too long. A transaction that is under way is rolled back, because its connection is closed.
fn late() -> DependencyError {
    DependencyError::new(POSTGRES, format_args!("no answer to a request for {FIRST_BYTE:?}")).with(Fault::TimedOut)
}

/// The key of `Authorization: Bearer <key>`.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let header = headers.get(AUTHORIZATION)?.as_bytes();
    let end = header.iter().position(|byte| *byte == b' ')?;
    let (scheme, key) = header.split_at(end);
    scheme.eq_ignore_ascii_case(b"bearer").then(|| key.trim_ascii())
}
