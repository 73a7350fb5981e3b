//! Who may ask: everybody, or who shows the token.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::header::AUTHORIZATION,
    middleware::Next,
    response::{IntoResponse, Response},
};
use service::settings::Secret;
use subtle::ConstantTimeEq;
use utoipa::{
    Modify,
    openapi::{
        OpenApi,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::answer::Refused;

/// What has to be shown.
pub(crate) struct Token(Secret);

impl Token {
    pub(crate) const fn new(secret: Secret) -> Self {
        Self(secret)
    }
}

/// Lets a request pass that shows the token. How long a wrong one takes to be refused tells nothing about the right one.
pub(crate) async fn check(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if shown.is_some_and(|shown| bool::from(shown.ct_eq(token.0.expose().as_bytes()))) {
        next.run(request).await
    } else {
        Refused::Unknown.into_response()
    }
}

/// Says in the document that a token may be asked for.
pub(super) struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}
