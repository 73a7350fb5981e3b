//! Extractor of a name from a request path.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::ApiError;

/// A name in a request path that PostgreSQL accepts as text. Any other name is an error of the client, not of the
/// database.
#[derive(Debug)]
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        let Path(name): Path<String> = path.map_err(|error| ApiError::Malformed(error.body_text()))?;
        if name.contains('\0') {
            return Err(ApiError::Malformed("the name contains U+0000".to_owned()));
        }
        Ok(Self(name))
    }
}
