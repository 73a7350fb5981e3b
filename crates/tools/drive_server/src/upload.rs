//! Uploads: in one request (`multipart`), or in chunks (`resumable`).

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Refused, Shared, StoredFile, bad, lock};

/// A resumable upload.
pub(crate) struct Session {
    target: Option<String>,
    description: Value,
    content: Vec<u8>,
}

/// The size of which a chunk is a multiple.
const UNIT: usize = 256 << 10;

type Parameters = Query<BTreeMap<String, String>>;

/// `POST /upload/drive/v3/files`
pub(crate) async fn create(
    state: State<Shared>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    begin(&state, &parameters, &headers, &body, None)
}

/// `PATCH /upload/drive/v3/files/{id}`
pub(crate) async fn replace(
    state: State<Shared>,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    if !lock(&state).files.contains_key(&id) {
        return Err(Refused(StatusCode::NOT_FOUND, format!("File not found: {id}.")));
    }
    begin(&state, &parameters, &headers, &body, Some(id))
}

fn begin(
    state: &Shared,
    parameters: &Parameters,
    headers: &HeaderMap,
    body: &[u8],
    target: Option<String>,
) -> Result<Response, Refused> {
    let mut drive = lock(state);
    drive.largest_body = drive.largest_body.max(body.len());
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match parameters.get("uploadType").map(String::as_str) {
        Some("multipart") => {
            let boundary = content_type.strip_prefix("multipart/related; boundary=").ok_or_else(|| bad("boundary"))?;
            let (description, content) = parts(body, boundary).ok_or_else(|| bad("Malformed multipart body."))?;
            drop(drive);
            store(state, target, &description, content)
        }
        Some("resumable") => {
            let description = serde_json::from_slice(body).map_err(|_| bad("Parse Error"))?;
            let id = drive.next_id("session");
            let location = format!("{}/session/{id}", drive.url);
            drive.sessions.insert(id, Session { target, description, content: Vec::new() });
            Ok((StatusCode::OK, [(LOCATION, location)]).into_response())
        }
        _ => Err(bad("uploadType")),
    }
}

/// The description and the content in a body `multipart/related`.
fn parts(body: &[u8], boundary: &str) -> Option<(Value, Vec<u8>)> {
    let body = body.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let body = body.strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes())?;
    let between = format!("\r\n--{boundary}\r\n").into_bytes();
    let at = body.windows(between.len()).position(|window| window == between)?;
    let (first, second) = (&body[..at], &body[at + between.len()..]);
    let content = |part: &[u8]| {
        let end = part.windows(4).position(|window| window == b"\r\n\r\n")?;
        part[..end].starts_with(b"Content-Type: ").then(|| part[end + 4..].to_vec())
    };
    Some((serde_json::from_slice(&content(first)?).ok()?, content(second)?))
}

/// `PUT /session/{id}`
pub(crate) async fn chunk(
    State(state): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let mut drive = lock(&state);
    drive.largest_body = drive.largest_body.max(body.len());
    let session = drive.sessions.get_mut(&id).ok_or_else(|| bad("no such session"))?;
    let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (begin, end) = (session.content.len(), session.content.len() + body.len());
    session.content.extend_from_slice(&body);
    if range == format!("bytes {begin}-{}/*", end.saturating_sub(1)) && body.len().is_multiple_of(UNIT) {
        let stored = format!("bytes=0-{}", end.saturating_sub(1));
        return Ok((StatusCode::PERMANENT_REDIRECT, [(RANGE, stored)]).into_response());
    }
    if range != format!("bytes {begin}-{}/{end}", end.saturating_sub(1)) {
        return Err(bad(&format!("Content-Range: {range} of {begin} to {end}")));
    }
    let session = drive.sessions.remove(&id).ok_or_else(|| bad("no such session"))?;
    drop(drive);
    store(&state, session.target, &session.description, session.content)
}

/// Creates a file, or replaces its content.
fn store(state: &Shared, target: Option<String>, description: &Value, content: Vec<u8>) -> Result<Response, Refused> {
    let text = |field: &str| description[field].as_str().map(str::to_owned).ok_or_else(|| bad(field));
    let (name, mime_type) = (text("name")?, text("mimeType")?);
    let mut drive = lock(state);
    let id = target.unwrap_or_else(|| drive.next_id("file"));
    let is_public = drive.files.get(&id).is_some_and(|file| file.is_public);
    drive.files.insert(id.clone(), StoredFile { name, mime_type, content, is_public });
    Ok((StatusCode::OK, json!({"id": id}).to_string()).into_response())
}
