//! Extractor of a request body, which each call binds in its own way.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
};

use super::error::{Error, Title};
use crate::go::bind::{self, Object, TypeErrors};

/// A body and its content type.
#[derive(Debug)]
pub(super) struct Body {
    content_type: Option<HeaderValue>,
    bytes: Result<Bytes, BytesRejection>,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        Ok(Self { content_type, bytes: Bytes::from_request(request, state).await })
    }
}

impl Body {
    /// Reads the fields of the body with `read`. `structure` is the name of the call's struct. A body that is too large
    /// has an error of its own, of this title.
    ///
    /// # Errors
    /// `rejected`, made of the text of the error.
    pub(super) fn bind<T>(
        &self,
        structure: &'static str,
        title: Title,
        read: impl FnOnce(&Object<'_>, &mut TypeErrors) -> T,
        rejected: impl FnOnce(String) -> Error,
    ) -> Result<T, Error> {
        let bytes = match &self.bytes {
            Ok(bytes) => bytes,
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let comment = "The request body is larger than 1 MiB";
                return Err(Error::new(title, comment, "c.Bind").with_status(StatusCode::PAYLOAD_TOO_LARGE));
            }
            // The client has gone.
            Err(rejection) => return Err(rejected(rejection.body_text())),
        };
        let bound = bind::body(self.content_type.as_ref().map(HeaderValue::as_bytes), bytes).and_then(|object| {
            let mut errors = TypeErrors::of(structure);
            let value = read(&object, &mut errors);
            errors.result().map(|()| value)
        });
        bound.map_err(rejected)
    }
}
