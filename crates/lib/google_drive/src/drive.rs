//! Uploads to Google Drive: one at a time, in limited time.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::Stream;
use http_client::{Client, chunks::Chunks};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout_at},
};

use crate::{
    ServiceAccount,
    error::{Error, UploadError},
    files::{CHUNK_BYTES, File, Files},
    service_account::uri,
    token::Token,
};

/// Google Drive as a service account sees it.
pub struct Drive {
    client: Client,
    account: ServiceAccount,
    /// The address of the API, without a slash at the end.
    base: String,
    timeout: Duration,
    /// The lock is held during an upload: two uploads of one name would make two files.
    token: Mutex<Option<Token>>,
}

/// An upload that has begun. The next one waits for it.
pub struct Upload<'a> {
    drive: &'a Drive,
    cached: MutexGuard<'a, Option<Token>>,
    token: String,
    name: String,
    existing: Option<String>,
    deadline: Instant,
}

/// The address under which everybody may read a file.
#[must_use]
pub fn link(id: &str) -> String {
    format!("https://drive.google.com/file/d/{id}/view?usp=sharing")
}

impl Drive {
    /// `base_url` is the address of the API. An upload takes as long as `timeout` at most, with the time for which it waits
    /// for others.
    ///
    /// # Errors
    /// The address is no address, or the certificate authorities of the system cannot be read.
    pub fn new(account: ServiceAccount, base_url: &str, timeout: Duration) -> Result<Self, String> {
        let base = base_url.trim_end_matches('/').to_owned();
        uri(&base).filter(|uri| uri.query().is_none()).ok_or("the address has to begin with http:// or https://")?;
        let client = Client::new(timeout).map_err(|error| error.to_string())?;
        Ok(Self { client, account, base, timeout, token: Mutex::default() })
    }

    /// Waits for its turn, gets an access token, and looks for the file of this name.
    ///
    /// # Errors
    /// Google refuses it, does not answer, or the time is over.
    pub async fn begin(&self, name: &str, now: SystemTime) -> Result<Upload<'_>, Error> {
        let deadline = Instant::now() + self.timeout;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let beginning = async {
            let mut cached = self.token.lock().await;
            let is_cached = cached.as_ref().is_some_and(|token| token.is_valid(now));
            let mut token = self.token(&mut cached, now).await?;
            let existing = match self.files(&token).find(name).await {
                // Google has forgotten the token before its time.
                Err(Error::Rejected(_, 401, _)) if is_cached => {
                    *cached = None;
                    token = self.token(&mut cached, now).await?;
                    self.files(&token).find(name).await?
                }
                found => found?,
            };
            Ok(Upload { drive: self, cached, token, name: name.to_owned(), existing, deadline })
        };
        timeout_at(deadline, beginning).await.unwrap_or(Err(Error::TimedOut(self.timeout)))
    }

    async fn token(&self, cached: &mut Option<Token>, now: u64) -> Result<String, Error> {
        if let Some(token) = cached.as_ref().filter(|token| token.is_valid(now)) {
            return Ok(token.text.clone());
        }
        let token = Token::request(&self.client, &self.account, now).await?;
        Ok(cached.insert(token).text.clone())
    }

    const fn files<'a>(&'a self, token: &'a str) -> Files<'a> {
        Files { client: &self.client, base: self.base.as_str(), token }
    }
}

impl Upload<'_> {
    /// Sends the content, and lets everybody who has the link read the file. Returns its id. If the content fails, the file
    /// stays as it was.
    ///
    /// # Errors
    /// The content fails, Google refuses it or does not answer, or the time is over.
    pub async fn send<E>(
        mut self,
        media_type: &str,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<String, UploadError<E>> {
        let result = timeout_at(self.deadline, self.send_and_share(media_type, content)).await;
        let result = result.unwrap_or(Err(Error::TimedOut(self.drive.timeout).into()));
        if matches!(result, Err(UploadError::Drive(Error::Rejected(_, 401, _)))) {
            *self.cached = None;
        }
        result
    }

    async fn send_and_share<E>(
        &self,
        media_type: &str,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<String, UploadError<E>> {
        let files = self.drive.files(&self.token);
        let file = File { name: &self.name, media_type, existing: self.existing.as_deref() };
        let mut chunks = Chunks::new(content, CHUNK_BYTES);
        let mut chunk = chunks.next().await.map_err(UploadError::Content)?;
        let id = if chunk.is_last {
            files.send_whole(&file, &chunk.bytes).await?
        } else {
            let (session, mut offset) = (files.begin_session(&file).await?, 0);
            loop {
                let length = chunk.bytes.len() as u64;
                if let Some(id) = files.send_chunk(&session, offset, chunk).await? {
                    break id;
                }
                offset += length;
                chunk = chunks.next().await.map_err(UploadError::Content)?;
            }
        };
        files.share(&id).await?;
        Ok(id)
    }
}

impl fmt::Debug for Drive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Drive({:?})", self.account)
    }
}
