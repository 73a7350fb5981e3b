//! Requests with a body: JSON without unknown fields, and the Idempotency-Key of those that change something.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::{
    api::{Api, auth::hex},
    changes::{Answer, Begun, Cause, Change, Claim},
};

/// The longest key, in bytes.
const MAX_KEY: usize = 255;

/// A request that changes something.
#[derive(Debug)]
pub(super) struct Command<T> {
    /// The body.
    pub(super) body: T,
    /// Its effect, once.
    pub(super) once: Once,
}

/// A request with a body that changes nothing.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// A request without a body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The key of a request, and what identifies the request.
#[derive(Debug)]
pub(super) struct Once {
    pub(super) claim: Option<Claim>,
    pub(super) fingerprint: String,
}

impl Once {
    /// The same for a request that has the same effect however often it is sent: a key is ignored.
    pub(super) fn without_key(self) -> Self {
        Self { claim: None, ..self }
    }

    /// Runs `effect` in a transaction, unless the key has an answer already.
    pub(super) async fn run(
        self,
        api: &Api,
        effect: impl AsyncFnOnce(&Change) -> Result<Answer, Problem>,
    ) -> Result<Response, Problem> {
        let change = match api.changes.begin(self.claim).await? {
            Begun::New(change) => *change,
            Begun::Stored { fingerprint, answer } => return replay(&fingerprint, &self.fingerprint, answer),
        };
        finish(change, &self.fingerprint, effect).await
    }
}

/// Runs `effect` in a transaction that has begun, and stores its answer.
pub(super) async fn finish(
    change: Change,
    fingerprint: &str,
    effect: impl AsyncFnOnce(&Change) -> Result<Answer, Problem>,
) -> Result<Response, Problem> {
    match effect(&change).await {
        Ok(answer) => {
            change.commit(fingerprint, &answer).await?;
            Ok(response(answer))
        }
        Err(problem) => {
            // If this fails, the server rolls back.
            let _ = change.rollback().await;
            Err(problem)
        }
    }
}

/// The stored answer, if the request is the one that was answered.
pub(super) fn replay(stored: &str, given: &str, answer: Answer) -> Result<Response, Problem> {
    if stored != given {
        let detail = "this Idempotency-Key was used for another request; use a new key for each request";
        return Err(Problem::invalid("idempotency_key_reused", detail));
    }
    let mut response = response(answer);
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}

/// An answer with a JSON body, or without one.
pub(super) fn answer(status: StatusCode, body: Option<&impl Serialize>) -> Answer {
    let body = body.and_then(|body| serde_json::to_string(body).ok()).unwrap_or_default();
    Answer { status: status.as_u16(), body }
}

/// The response of an answer.
pub(super) fn response(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or_default();
    if answer.body.is_empty() {
        return status.into_response();
    }
    (status, [(CONTENT_TYPE, "application/json")], answer.body).into_response()
}

/// The key of a request.
pub(super) fn claim(headers: &HeaderMap, cause: &Cause) -> Result<Option<Claim>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len())).ok_or_else(|| {
        let detail = format!("Idempotency-Key has to have 1 to {MAX_KEY} visible ASCII characters");
        Problem::invalid("invalid_idempotency_key", detail)
    })?;
    Ok(Some(Claim { caller: cause.actor.clone(), key: key.to_owned() }))
}

/// The beginning of the hash by which a request is recognised: everything before its body.
pub(super) fn fingerprint(parts: &Parts) -> Sha256 {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Sha256::new().chain_update(parts.method.as_str()).chain_update(" ").chain_update(target).chain_update("\n")
}

impl<T: DeserializeOwned> FromRequest<Api> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(cause) = Cause::from_request_parts(&mut parts, api).await;
        let claim = claim(&parts.headers, &cause)?;
        let fingerprint = fingerprint(&parts);
        let headers = parts.headers.clone();
        let bytes = read(Request::from_parts(parts, body), api).await?;
        let once = Once { claim, fingerprint: hex(&fingerprint.chain_update(&bytes).finalize()) };
        Ok(Self { body: parse(&headers, &bytes)?, once })
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        Ok(Self(parse(&headers, &read(request, api).await?)?))
    }
}

async fn read(request: Request, api: &Api) -> Result<Bytes, Problem> {
    Bytes::from_request(request, api).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the request body is larger than 1 MiB")
        }
        // The client has gone.
        status => Problem::new(status, "body_not_read", error.body_text()),
    })
}

/// The value of a body. An empty one is an object without fields.
fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let is_json = kind.is_none_or(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
    if !is_json {
        let detail = "the body has to be JSON, with `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let value = serde_json::from_slice(bytes).map_err(|error| Problem::invalid("invalid_body", error.to_string()))?;
    if has_nul(bytes) {
        return Err(Problem::invalid("invalid_text", "a text contains U+0000, which cannot be stored"));
    }
    Ok(value)
}

/// Whether a text or a name in valid JSON contains U+0000. JSON has this character only as an escape, and escapes only in texts and
/// names.
fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (_, escape) = rest.split_at(at);
        if escape.starts_with(br"\u0000") {
            return true;
        }
        // The character after the backslash is part of the escape: it may be a backslash.
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escape_of_the_null_character_is_found_and_an_escaped_backslash_is_not() {
        for (json, expected) in [
            (r#"{"name":"\u0000"}"#, true),
            (r#"{"\u0000":1}"#, true),
            (r#"["a\\\u0000"]"#, true),
            (r#"["\n\t\"x\u00000"]"#, true),
            (r#"["\\u0000"]"#, false),
            (r#"["\u00001","\u000A","u0000"]"#, true),
            (r#"["\u0001","\u0010","u0000"]"#, false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(has_nul(json.as_bytes()), expected, "{json}");
        }
    }
}
