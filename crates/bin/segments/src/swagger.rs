//! Swagger UI (`/swagger/`), and the OpenAPI document of all routes (`/swagger/doc.json`).
//!
//! The routes of both of the customer's services render their answers by hand, so their document is a module beside them:
//! a function without a body for each route, a type for each shape. An API whose routes carry `utoipa::path` themselves
//! merges its document in [`document`].

use axum::{
    Router,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    middleware,
    response::Response,
};
use clap::Args;
use http::Bearer;
use utoipa::{
    OpenApi,
    openapi::{InfoBuilder, OpenApi as Document},
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::api::v2;

mod v1;
mod slugs;

/// The title of the document.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Title {
    /// Name of the service in the title of `/swagger/`.
    #[arg(long, env = "APP_NAME", value_name = "NAME", default_value = "segments-service")]
    app_name: String,

    /// Version in the title of `/swagger/`.
    #[arg(long, env = "APP_VERSION", value_name = "VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    app_version: String,
}

/// The introduction, and what all APIs share.
#[derive(OpenApi)]
#[openapi(
    info(description = "Named sets of users, called segments, with the history of their members. With `AUTH=on`, every request \
                        except `/health`, this page and report links needs a key: `Authorization: Bearer …`."),
    modifiers(&Bearer)
)]
struct Introduction;

/// The document of all APIs, with the default title.
#[must_use]
pub fn document() -> Document {
    titled("segments-service", env!("CARGO_PKG_VERSION"))
}

fn titled(name: &str, version: &str) -> Document {
    let mut document = Introduction::openapi();
    document.merge(v1::Document::openapi());
    document.merge(slugs::Document::openapi());
    document.merge(v2::document());
    let description = document.info.description.take();
    document.info = InfoBuilder::new().title(name).version(version).description(description).build();
    document
}

/// The page and the document. Neither needs a key.
pub(crate) fn routes(Title { app_name, app_version }: &Title) -> Router {
    // The validator of Swagger UI would be loaded from the internet.
    let config = Config::new([DOCUMENT]).validator_url("none").try_it_out_enabled(true);
    let page = SwaggerUi::new("/swagger").url(DOCUMENT, titled(app_name, app_version)).config(config);
    Router::from(page).layer(middleware::map_response(only_from_here))
}

/// The path of the document.
const DOCUMENT: &str = "/swagger/doc.json";

/// What the page may load: nothing from elsewhere. Swagger UI sets styles in its elements, and its images are in its style
/// sheet.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

async fn only_from_here(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

#[cfg(test)]
mod tests;
