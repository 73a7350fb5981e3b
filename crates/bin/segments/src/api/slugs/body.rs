//! Extractor of a JSON body, whose fields each call reads.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::StatusCode,
};
use uuid::Uuid;

use super::{Result, error::Error};
use crate::go::bind::{self, Object, TypeErrors};

/// A body.
#[derive(Debug)]
pub(super) struct Body(std::result::Result<Bytes, BytesRejection>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> std::result::Result<Self, Self::Rejection> {
        Ok(Self(Bytes::from_request(request, state).await))
    }
}

impl Body {
    /// Reads the fields with `read`, which checks types only.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Object<'_>, &mut TypeErrors) -> Result<T>) -> Result<T> {
        let bytes = match &self.0 {
            Ok(bytes) => bytes,
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let error = Error::validation("the request body is larger than 1 MiB");
                return Err(error.with_status(StatusCode::PAYLOAD_TOO_LARGE));
            }
            Err(rejection) => return Err(Error::parse(rejection.body_text())),
        };
        if bytes.is_empty() {
            return Err(Error::parse("the request body is empty"));
        }
        let object = bind::body(Some(b"application/json"), bytes).map_err(Error::parse)?;
        let mut errors = TypeErrors::of("request");
        let value = read(&object, &mut errors);
        errors.result().map_err(Error::parse)?;
        value
    }
}

/// A slug.
pub(super) fn slug(object: &Object<'_>, field: &str, errors: &mut TypeErrors) -> Result<String> {
    let slug = object.text(field, errors);
    if slug.value.is_empty() {
        return Err(Error::validation(format!("the field {field} is missing")));
    }
    if !slug.is_storable {
        return Err(Error::validation(format!("the field {field} has a character that cannot be stored")));
    }
    if slug.value.len() > 1000 {
        return Err(Error::validation(format!("the field {field} is longer than 1000 bytes")));
    }
    Ok(slug.value)
}

/// `userID`.
pub(super) fn user(object: &Object<'_>, errors: &mut TypeErrors) -> Result<Uuid> {
    guid(&object.text("userID", errors).value)
}

/// The GUID of a user.
pub(super) fn guid(text: &str) -> Result<Uuid> {
    match text {
        "" => Err(Error::validation("the field userID is missing")),
        text => Uuid::try_parse(text).map_err(|_| Error::validation(format!("userID is no GUID: {text}"))),
    }
}
