//! Bearer authentication: a token that every request must carry.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header::AUTHORIZATION},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;
use tokio::time::Instant;
use utoipa::{
    Modify,
    openapi::{
        OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::ApiError;

/// The token that every request must carry. `Debug` does not show it.
pub struct Token {
    secret: String,
    refusals: Mutex<Refusals>,
}

/// Minimum time between two log lines about refused requests, so that guessing tokens does not fill the log.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Requests refused since the last log line.
#[derive(Debug, Default)]
struct Refusals {
    missing: u64,
    wrong: u64,
    logged_at: Option<Instant>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unauthorized {
    /// It carries no bearer token.
    Missing,
    /// It carries another token.
    Wrong,
}

impl Token {
    /// Registers the counters of refused requests, so that each exists, with 0, before the first refusal.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        for reason in [Unauthorized::Missing, Unauthorized::Wrong] {
            metrics::counter!("tagmill_api_unauthorized_total", "reason" => reason.name()).increment(0);
        }
        Self { secret: secret.to_owned(), refusals: Mutex::default() }
    }

    /// Whether a request with this header may pass. The comparison takes the same time for every token of this length.
    fn admits(&self, authorization: Option<&[u8]>) -> Result<(), Unauthorized> {
        let shown = authorization.and_then(bearer).ok_or(Unauthorized::Missing)?;
        let is_right = bool::from(shown.ct_eq(self.secret.as_bytes()));
        if is_right { Ok(()) } else { Err(Unauthorized::Wrong) }
    }

    /// Counts a refused request. Logs the counts at most every [`LOG_EVERY`].
    fn refused(&self, reason: Unauthorized) {
        metrics::counter!("tagmill_api_unauthorized_total", "reason" => reason.name()).increment(1);
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((missing, wrong)) = refusals.add(reason, Instant::now()) {
            tracing::warn!(missing, wrong, "requests to the API were refused: no bearer token, or a wrong one");
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

impl Refusals {
    /// Adds one. Returns the counts since the last log line, by reason, if another line is due.
    fn add(&mut self, reason: Unauthorized, now: Instant) -> Option<(u64, u64)> {
        match reason {
            Unauthorized::Missing => self.missing += 1,
            Unauthorized::Wrong => self.wrong += 1,
        }
        if self.logged_at.is_some_and(|logged_at| now.duration_since(logged_at) < LOG_EVERY) {
            return None;
        }
        let counts = (self.missing, self.wrong);
        *self = Self { logged_at: Some(now), ..Self::default() };
        Some(counts)
    }
}

impl Unauthorized {
    const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Wrong => "wrong",
        }
    }
}

/// The token of `Bearer <token>`. The name of a scheme is case-insensitive, and one or more blanks follow it (RFC 9110).
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let end = authorization.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = authorization.split_at(end);
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
}

/// Requires the token for all routes of `router` so far; without a token it returns them unchanged.
pub fn require<S: Clone + Send + Sync + 'static>(router: Router<S>, token: Option<Token>) -> Router<S> {
    match token {
        Some(token) => router.layer(middleware::from_fn_with_state(Arc::new(token), check)),
        None => router,
    }
}

/// Lets requests that carry the token pass.
async fn check(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    let authorization = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match token.admits(authorization) {
        Ok(()) => next.run(request).await,
        Err(reason) => {
            token.refused(reason);
            ApiError::Unknown.into_response()
        }
    }
}

/// Declares the token in an OpenAPI document, as the security scheme `token`.
#[derive(Debug)]
pub struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_case_insensitive_and_blanks_may_follow_it() {
        let token = Token::new("open sesame");
        for (header, expected) in [
            (None, Err(Unauthorized::Missing)),
            (Some("Bearer open sesame"), Ok(())),
            (Some("bearer open sesame"), Ok(())),
            (Some("BEARER   open sesame"), Ok(())),
            (Some("Bearer open"), Err(Unauthorized::Wrong)),
            (Some("Bearer Open Sesame"), Err(Unauthorized::Wrong)),
            (Some("Bearer "), Err(Unauthorized::Wrong)),
            (Some("Bearer"), Err(Unauthorized::Missing)),
            (Some("Beareropen sesame"), Err(Unauthorized::Missing)),
            (Some("Basic open sesame"), Err(Unauthorized::Missing)),
            (Some("open sesame"), Err(Unauthorized::Missing)),
        ] {
            assert_eq!(token.admits(header.map(str::as_bytes)), expected, "{header:?}");
        }
    }

    #[test]
    fn refusals_are_logged_at_most_once_a_minute() {
        let (mut refusals, begin) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.add(Unauthorized::Wrong, begin), Some((0, 1)));
        assert_eq!(refusals.add(Unauthorized::Wrong, begin), None);
        assert_eq!(refusals.add(Unauthorized::Missing, begin + LOG_EVERY - Duration::from_millis(1)), None);
        assert_eq!(refusals.add(Unauthorized::Missing, begin + LOG_EVERY), Some((2, 1)));
    }
}
