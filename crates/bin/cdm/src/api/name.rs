//! Whom or what a path is about.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::answer::ApiError;

/// A name in a path, as PostgreSQL can look for it. Another one is the asker's mistake: the database would refuse it, and
/// whoever asks again is refused again.
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        let Path(name): Path<String> = path.map_err(|error| ApiError::Malformed(error.body_text()))?;
        if name.contains('\0') {
            return Err(ApiError::Malformed("no name has a U+0000 in it".to_owned()));
        }
        Ok(Self(name))
    }
}
