//! A store and its buckets: settings, and the requests about one object.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http_client::{
    Client, Request, Response,
    header::{CONTENT_LENGTH, HeaderName},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusty_s3::{Credentials, S3Action, UrlStyle, actions::ListObjectsV2};

use crate::Error;

/// Where a store is, and who uses it.
#[derive(Clone)]
pub struct Settings {
    /// The address of the store: `https://s3.example.com`.
    pub endpoint: String,
    /// The region of its buckets: `us-east-1`.
    pub region: String,
    /// The access key, which is no secret.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// Whether the bucket is in the path of an address: `https://s3.example.com/bucket/key`. Otherwise it is in the name of the host:
    /// `https://bucket.s3.example.com/key`.
    pub path_style: bool,
}

/// A store.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    settings: Settings,
}

/// A bucket of a store.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    pub(crate) bucket: rusty_s3::Bucket,
    pub(crate) credentials: Credentials,
}

/// An answer of the store.
pub(crate) type Answer = Response<Option<Bytes>>;

/// Time for which the signature of a request is valid, which allows for clocks that differ.
const VALID_FOR: Duration = Duration::from_secs(900);

/// The number of keys in a page of a list. An answer has to fit into the limit of the client.
const KEYS_IN_A_PAGE: usize = 50;

/// The header that names the source of a copy.
const COPY_SOURCE: &str = "x-amz-copy-source";

/// The characters that are encoded in the source of a copy.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Store {
    /// A store. Each request takes as long as `timeout` at most.
    ///
    /// # Errors
    /// The address is no address of a store, or the certificate authorities of the system cannot be read.
    pub fn new(settings: Settings, timeout: Duration) -> Result<Self, String> {
        let client = Client::new(timeout).map_err(|error| error.to_string())?;
        let store = Self { client, settings };
        store.bucket("bucket").map(|_| store)
    }

    /// A bucket. Whether it exists shows with the first request.
    ///
    /// # Errors
    /// The name cannot be that of a bucket.
    pub fn bucket(&self, name: &str) -> Result<Bucket, String> {
        let Settings { endpoint, region, access_key, secret_key, path_style } = &self.settings;
        let endpoint = endpoint.parse().map_err(|error| format!("{error}"))?;
        let style = if *path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = rusty_s3::Bucket::new(endpoint, style, name.to_owned(), region.clone());
        let bucket = bucket.map_err(|error| error.to_string())?;
        Ok(Bucket { client: self.client.clone(), bucket, credentials: Credentials::new(access_key, secret_key) })
    }
}

impl Bucket {
    /// Copies an object within the bucket. The target appears whole or not at all.
    ///
    /// # Errors
    /// The store refuses it or does not answer.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), Error> {
        let source = format!("/{}/{}", self.bucket.name(), utf8_percent_encode(from, ENCODED));
        let mut action = self.bucket.put_object(Some(&self.credentials), to);
        action.headers_mut().insert(COPY_SOURCE, source.as_str());
        let headers = [(HeaderName::from_static(COPY_SOURCE), source.as_str())];
        let answer = self.call("copy", &action, &headers, Bytes::new()).await?;
        // A copy that fails late has a success in its status and an error in its body.
        if text("copy", &answer)?.contains("<CopyObjectResult") {
            Ok(())
        } else {
            Err(Error::rejected("copy", &answer))
        }
    }

    /// The keys that begin with this prefix, in their order.
    ///
    /// # Errors
    /// The store refuses it or does not answer.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let (mut keys, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(prefix);
            action.with_max_keys(KEYS_IN_A_PAGE);
            if let Some(next) = next {
                action.with_continuation_token(next);
            }
            let answer = self.call("list", &action, &[], Bytes::new()).await?;
            let page = ListObjectsV2::parse_response(text("list", &answer)?);
            let page = page.map_err(|_| Error::Unreadable("list", "XML"))?;
            keys.extend(page.contents.into_iter().map(|object| object.key));
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(keys);
            }
        }
    }

    /// Deletes an object. It need not exist.
    ///
    /// # Errors
    /// The store refuses it or does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let action = self.bucket.delete_object(Some(&self.credentials), key);
        self.call("delete", &action, &[], Bytes::new()).await.map(drop)
    }

    /// Sends a signed request. Every answer but a success is an error.
    pub(crate) async fn call<'a>(
        &'a self,
        operation: &'static str,
        action: &impl S3Action<'a>,
        headers: &[(HeaderName, &str)],
        body: Bytes,
    ) -> Result<Answer, Error> {
        let answer =
            self.client.send(request(action, headers, body).map_err(|error| Error::NoAnswer(operation, error))?);
        let answer = answer.await.map_err(|error| Error::NoAnswer(operation, error))?;
        if answer.status().is_success() { Ok(answer) } else { Err(Error::rejected(operation, &answer)) }
    }
}

fn request<'a, A: S3Action<'a>>(
    action: &A,
    headers: &[(HeaderName, &str)],
    body: Bytes,
) -> Result<Request<Bytes>, http_client::Error> {
    let mut request = Request::builder().method(A::METHOD.to_str()).uri(action.sign(VALID_FOR).as_str());
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    // The length is required of an empty body too.
    request.header(CONTENT_LENGTH, body.len()).body(body).map_err(|_| http_client::Error::Address)
}

/// The body of an answer.
pub(crate) fn text<'a>(operation: &'static str, answer: &'a Answer) -> Result<&'a str, Error> {
    let body = answer.body().as_deref().and_then(|body| std::str::from_utf8(body).ok());
    body.ok_or(Error::Unreadable(operation, "body"))
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Settings({}, {})", self.endpoint, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str) -> Settings {
        Settings {
            endpoint: endpoint.to_owned(),
            region: "us-east-1".to_owned(),
            access_key: "key".to_owned(),
            secret_key: "sesame".to_owned(),
            path_style: true,
        }
    }

    #[test]
    fn an_unusable_address_is_an_error_and_the_secret_is_not_printed() {
        for endpoint in ["", "s3.example.com", "ftp://example.com"] {
            assert!(Store::new(settings(endpoint), Duration::from_secs(1)).is_err(), "{endpoint}");
        }
        let store = Store::new(settings("https://example.com"), Duration::from_secs(1)).unwrap();
        assert!(!format!("{store:?} {:?}", store.bucket("b").unwrap()).contains("sesame"));
    }

    #[test]
    fn a_request_has_its_signature_in_the_address_and_a_length() {
        let store = Store::new(settings("https://example.com"), Duration::from_secs(1)).unwrap();
        let bucket = store.bucket("b").unwrap();
        let action = bucket.bucket.put_object(Some(&bucket.credentials), "a%20b/ю.csv");
        let request = request(&action, &[], Bytes::new()).unwrap();
        assert_eq!((request.uri().path(), request.method().as_str()), ("/b/a%2520b/%D1%8E.csv", "PUT"));
        assert!(request.uri().query().unwrap().contains("X-Amz-Signature="));
        assert_eq!(request.headers()[CONTENT_LENGTH], "0");
    }
}
