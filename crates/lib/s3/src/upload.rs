//! Upload of an object: one request, or a multipart upload that is completed or aborted.

use bytes::Bytes;
use futures_util::Stream;
use http_client::{
    chunks::Chunks,
    header::{CONTENT_TYPE, ETAG, HeaderName},
};
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload};

use crate::{
    Bucket, Error, UploadError,
    store::{Answer, text},
};

/// The size of a part in bytes: the smallest that S3 accepts.
pub const PART_BYTES: usize = 5 << 20;

/// The largest number of parts that S3 accepts.
const MAX_PARTS: usize = 10_000;

/// A multipart upload that has begun.
struct Upload<'a> {
    bucket: &'a Bucket,
    key: &'a str,
    id: String,
    /// The entity tags of the parts so far.
    etags: Vec<String>,
}

impl Bucket {
    /// Stores an object. If the content or a request fails, the object stays as it was.
    ///
    /// # Errors
    /// The content fails, or the store refuses it or does not answer.
    pub async fn put<E>(
        &self,
        key: &str,
        media_type: &str,
        content: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), UploadError<E>> {
        let mut chunks = Chunks::new(content, PART_BYTES);
        let first = chunks.next().await.map_err(UploadError::Content)?;
        if first.is_last {
            let action = self.bucket.put_object(Some(&self.credentials), key);
            self.call("upload", &action, &[(CONTENT_TYPE, media_type)], first.bytes).await?;
            return Ok(());
        }
        let mut upload = self.begin(key, media_type).await?;
        let result = async {
            upload.add(first.bytes).await?;
            loop {
                let chunk = chunks.next().await.map_err(UploadError::Content)?;
                upload.add(chunk.bytes).await?;
                if chunk.is_last {
                    return Ok(upload.complete().await?);
                }
            }
        };
        let result = result.await;
        if result.is_err() {
            upload.abort().await;
        }
        result
    }

    async fn begin<'a>(&'a self, key: &'a str, media_type: &str) -> Result<Upload<'a>, Error> {
        let action = self.bucket.create_multipart_upload(Some(&self.credentials), key);
        let answer = self.call("upload", &action, &[(CONTENT_TYPE, media_type)], Bytes::new()).await?;
        let created = CreateMultipartUpload::parse_response(text("upload", &answer)?);
        let id = created.map_err(|_| Error::Unreadable("upload", "upload id"))?.upload_id().to_owned();
        Ok(Upload { bucket: self, key, id, etags: Vec::new() })
    }
}

impl Upload<'_> {
    async fn add(&mut self, part: Bytes) -> Result<(), Error> {
        let number = self.etags.len() + 1;
        let number = u16::try_from(number).ok().filter(|_| number <= MAX_PARTS).ok_or(Error::TooLarge(MAX_PARTS))?;
        let Bucket { bucket, credentials, .. } = self.bucket;
        let action = bucket.upload_part(Some(credentials), self.key, number, &self.id);
        let answer = self.bucket.call("upload", &action, &[], part).await?;
        let etag = header(&answer, &ETAG).ok_or(Error::Unreadable("upload", "ETag"))?;
        self.etags.push(etag.to_owned());
        Ok(())
    }

    async fn complete(&self) -> Result<(), Error> {
        let Bucket { bucket, credentials, .. } = self.bucket;
        let etags = self.etags.iter().map(String::as_str);
        let action = bucket.complete_multipart_upload(Some(credentials), self.key, &self.id, etags);
        let body = action.clone().body();
        let answer = self.bucket.call("upload", &action, &[], body.into()).await?;
        // An upload that fails late has a success in its status and an error in its body.
        let completed = CompleteMultipartUploadResponse::parse(text("upload", &answer)?);
        completed.map(drop).map_err(|_| Error::rejected("upload", &answer))
    }

    /// Lets the store delete the parts. If this fails too, they stay until a lifecycle rule of the bucket deletes them.
    async fn abort(&self) {
        let Bucket { bucket, credentials, .. } = self.bucket;
        let action = bucket.abort_multipart_upload(Some(credentials), self.key, &self.id);
        let _ = self.bucket.call("abort", &action, &[], Bytes::new()).await;
    }
}

fn header<'a>(answer: &'a Answer, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}
