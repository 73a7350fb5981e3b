//! Calls of the API of Google Drive: find a file, send its content, share it.

use bytes::Bytes;
use http_client::{
    Client, Method,
    chunks::Chunk,
    header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, HeaderName, LOCATION, RANGE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{
    error::{Error, Step},
    multipart::{Multipart, multipart},
    requests::{self, Answer, JSON},
    service_account::uri,
};

/// The size of a chunk in bytes. Google requires a multiple of 256 KiB.
pub const CHUNK_BYTES: usize = 2 << 20;

/// The API with an access token.
pub(crate) struct Files<'a> {
    pub(crate) client: &'a Client,
    /// The address of the API, without a slash at the end.
    pub(crate) base: &'a str,
    pub(crate) token: &'a str,
}

/// A file to send.
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    /// For instance `text/csv; charset=utf-8`.
    pub(crate) media_type: &'a str,
    /// The id of the file whose content is replaced. `None`: the file is created.
    pub(crate) existing: Option<&'a str>,
}

/// The announcement of the type of a resumable upload.
const UPLOAD_CONTENT_TYPE: HeaderName = HeaderName::from_static("x-upload-content-type");

/// The status of a chunk that is not the last one.
const RESUME: u16 = 308;

impl Files<'_> {
    /// The id of the oldest file of a name that is not in the trash.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<String>, Error> {
        let name = name.replace('\\', r"\\").replace('\'', r"\'");
        let query = format!("name = '{name}' and trashed = false");
        let query = utf8_percent_encode(&query, NON_ALPHANUMERIC);
        let path = format!("/drive/v3/files?q={query}&spaces=drive&orderBy=createdTime&pageSize=1&fields=files(id)");
        let answer = self.call(Step::Find, (Method::GET, &path), &[], Bytes::new()).await?;
        let json = requests::json(Step::Find, &answer)?;
        let files = json["files"].as_array().ok_or(Error::Unreadable(Step::Find, "files"))?;
        files.first().map(|file| id(Step::Find, file)).transpose()
    }

    /// Sends description and content in one request. Returns the id of the file.
    pub(crate) async fn send_whole(&self, file: &File<'_>, content: &[u8]) -> Result<String, Error> {
        let Multipart { content_type, body } = multipart(&file.description(), file.media_type, content);
        let headers = [(CONTENT_TYPE, content_type.as_str())];
        let (method, path) = file.target("multipart");
        let answer = self.call(Step::Upload, (method, &path), &headers, body).await?;
        id(Step::Upload, &requests::json(Step::Upload, &answer)?)
    }

    /// Begins an upload in chunks. Returns the address that takes them, which is a secret.
    pub(crate) async fn begin_session(&self, file: &File<'_>) -> Result<String, Error> {
        let (method, path) = file.target("resumable");
        let headers = [JSON, (UPLOAD_CONTENT_TYPE, file.media_type)];
        let answer = self.call(Step::Upload, (method, &path), &headers, file.description()).await?;
        if !answer.status().is_success() {
            return Err(Error::rejected(Step::Upload, &answer));
        }
        let location = header(&answer, &LOCATION).and_then(uri);
        location.map(|uri| uri.to_string()).ok_or(Error::Unreadable(Step::Upload, "Location"))
    }

    /// Sends a chunk that begins at `offset`. Returns the id of the file after the last one.
    pub(crate) async fn send_chunk(&self, session: &str, offset: u64, chunk: Chunk) -> Result<Option<String>, Error> {
        let end = offset.saturating_add(chunk.bytes.len() as u64);
        let total = if chunk.is_last { end.to_string() } else { "*".to_owned() };
        let range = format!("bytes {offset}-{}/{total}", end.saturating_sub(1));
        let headers = [(CONTENT_RANGE, range.as_str())];
        let answer = requests::send(self.client, Step::Upload, (Method::PUT, session), &headers, chunk.bytes).await?;
        if chunk.is_last {
            return id(Step::Upload, &requests::json(Step::Upload, &answer)?).map(Some);
        }
        if answer.status().as_u16() != RESUME {
            return Err(Error::rejected(Step::Upload, &answer));
        }
        let stored = header(&answer, &RANGE).and_then(|range| range.rsplit('-').next()?.parse::<u64>().ok());
        match stored.map(|last| last.saturating_add(1)) {
            Some(stored) if stored == end => Ok(None),
            _ => Err(Error::Unreadable(Step::Upload, "Range")),
        }
    }

    /// Lets everybody who has the link read the file.
    pub(crate) async fn share(&self, id: &str) -> Result<(), Error> {
        let path = format!("/drive/v3/files/{id}/permissions?fields=id");
        let body = json!({"role": "reader", "type": "anyone"}).to_string();
        let answer = self.call(Step::Share, (Method::POST, &path), &[JSON], body).await?;
        requests::json(Step::Share, &answer).map(drop)
    }

    /// A request with the token.
    async fn call(
        &self,
        step: Step,
        (method, path): (Method, &str),
        headers: &[(HeaderName, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Error> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [&[(AUTHORIZATION, bearer.as_str())], headers].concat();
        let url = format!("{}{path}", self.base);
        requests::send(self.client, step, (method, &url), &headers, body).await
    }
}

impl File<'_> {
    fn description(&self) -> String {
        let media_type = self.media_type.split(';').next().unwrap_or_default();
        json!({"mimeType": media_type, "name": self.name}).to_string()
    }

    /// Method and path of the request that creates the file or replaces its content.
    fn target(&self, upload_type: &str) -> (Method, String) {
        let (method, id) = self.existing.map_or((Method::POST, String::new()), |id| (Method::PATCH, format!("/{id}")));
        (method, format!("/upload/drive/v3/files{id}?uploadType={upload_type}&fields=id"))
    }
}

/// The id in a description of a file. It becomes a part of addresses.
fn id(step: Step, file: &Value) -> Result<String, Error> {
    let is_plain = |id: &&str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let id = file["id"].as_str().filter(|id| !id.is_empty()).filter(is_plain);
    id.map(str::to_owned).ok_or(Error::Unreadable(step, "id"))
}

fn header<'a>(answer: &'a Answer, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

// Google requires it of every chunk but the last one.
const _: () = assert!(CHUNK_BYTES.is_multiple_of(256 << 10));
