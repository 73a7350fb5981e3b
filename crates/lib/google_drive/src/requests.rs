//! Requests to Google, and the JSON of their answers.

use bytes::Bytes;
use http_client::{
    Client, Method, Request, Response,
    header::{CONTENT_TYPE, HeaderName},
};
use serde_json::Value;

use crate::error::{Error, Step};

/// An answer. The body is `None` if it is too large.
pub(crate) type Answer = Response<Option<Bytes>>;

/// The content type of JSON.
pub(crate) const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json; charset=UTF-8");

/// Sends a request of a step. The answer may be an error of the server.
pub(crate) async fn send(
    client: &Client,
    step: Step,
    (method, url): (Method, &str),
    headers: &[(HeaderName, &str)],
    body: impl Into<Bytes>,
) -> Result<Answer, Error> {
    let no_answer = |error| Error::NoAnswer(step, error);
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(body.into()).map_err(|_| no_answer(http_client::Error::Address))?;
    client.send(request).await.map_err(no_answer)
}

/// The JSON of a success.
pub(crate) fn json(step: Step, answer: &Answer) -> Result<Value, Error> {
    if !answer.status().is_success() {
        return Err(Error::rejected(step, answer));
    }
    let body = answer.body().as_ref().ok_or(Error::Unreadable(step, "body"))?;
    serde_json::from_slice(body).map_err(|_| Error::Unreadable(step, "JSON"))
}
