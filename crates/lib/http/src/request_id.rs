//! `X-Request-Id`: the id of a request, which the response, the log and the records of changes have.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

/// The header.
const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a request, in bytes.
const MAX_BYTES: usize = 128;

tokio::task_local! {
    static CURRENT: String;
}

/// The layer that gives a request its id: that of its header if it is valid, else a new one. The response has the header too.
pub async fn with_request_id(request: Request, next: Next) -> Response {
    let given = request.headers().get(NAME).and_then(|value| value.to_str().ok()).filter(|id| is_valid(id));
    let id = given.map_or_else(new, str::to_owned);
    let header = HeaderValue::from_str(&id);
    let mut response = CURRENT.scope(id, next.run(request)).await;
    if let Ok(header) = header {
        response.headers_mut().insert(NAME, header);
    }
    response
}

/// The id of the request that this task answers. `None`: it answers none.
#[must_use]
pub fn request_id() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Whether an id may be logged and stored as it is.
fn is_valid(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(is_allowed)
}

/// An id of 128 random bits.
fn new() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    /// The id that a handler sees, and the one of the response.
    async fn ids(given: &[u8]) -> [String; 2] {
        let handler = async || request_id().unwrap_or_default();
        let router = Router::new().route("/", get(handler)).layer(middleware::from_fn(with_request_id));
        let request = Request::get("/").header(NAME, HeaderValue::from_bytes(given).unwrap());
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let header = response.headers()[NAME].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        [String::from_utf8(body.to_vec()).unwrap(), header]
    }

    #[tokio::test]
    async fn a_valid_id_is_kept_and_another_is_replaced() {
        let longest = "x".repeat(MAX_BYTES);
        for given in ["a", "Root=1-67891233-abcdef012345678912345678", "f058ebd6-02f7-4d3f-942e-904344e8cde5", &longest]
        {
            assert_eq!(ids(given.as_bytes()).await, [given, given]);
        }
        for given in ["", "two words", "Анна", "\"", &"x".repeat(MAX_BYTES + 1)] {
            let [seen, header] = ids(given.as_bytes()).await;
            assert!(seen == header && header.len() == 32 && header != given, "{given}: {header}");
        }
        assert_ne!(ids(b"").await, ids(b"").await);
        assert_eq!(request_id(), None);
    }
}
