//! Query parameters: the extractor, and the layer that refuses parameters that the description of a route does not have.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    extract::{FromRequestParts, MatchedPath, Query, Request, State},
    http::{Method, Uri, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use utoipa::openapi::{OpenApi, RefOr, path::ParameterIn};

use super::{methods, problem::Problem};

/// The query parameters of a request. One of a wrong type is 422.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

/// The names of the query parameters of each route, by method and path.
#[derive(Debug, Default)]
pub(super) struct Described(BTreeMap<(String, String), BTreeSet<String>>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(Problem::invalid("invalid_query", error.body_text())),
        }
    }
}

impl Described {
    /// Those of the routes of a document.
    pub(super) fn of(document: &mut OpenApi) -> Self {
        let mut described = Self::default();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in methods(item) {
                let parameters = operation.iter().flat_map(|operation| operation.parameters.iter().flatten());
                let names = parameters.filter_map(|parameter| match parameter {
                    RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
                    _ => None,
                });
                let names = names.collect();
                described.0.insert((method.to_owned(), path.clone()), names);
            }
        }
        described
    }

    /// Why a request is refused.
    fn refuse(&self, method: &Method, path: &str, uri: &Uri) -> Result<(), Problem> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        // A route that is not described is unknown, and answers so.
        let Some(names) = self.0.get(&(method.to_string(), path.to_owned())) else { return Ok(()) };
        let invalid = |detail: String| Problem::invalid("invalid_query", detail);
        let given = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Query(given) = given.map_err(|error| invalid(error.body_text()))?;
        let Some((unknown, _)) = given.iter().find(|(name, _)| !names.contains(name)) else { return Ok(()) };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Err(invalid(format!("the query parameter `{unknown}` is unknown; the parameters of this request: {known}")))
    }
}

/// Answers a request with an unknown query parameter with 422.
pub(super) async fn refuse_unknown(State(described): State<Arc<Described>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match described.refuse(request.method(), path, request.uri()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
