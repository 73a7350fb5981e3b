//! API v2, `/api/v2`: segments, users, members, history, with problem details, cursors and Idempotency-Key.
#![expect(unused_qualifications, reason = "utoipa writes them where a route names the struct of its query parameters")]

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use http::no_store;
use utoipa::openapi::{OpenApi, PathItem, path::Operation};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::{
    Api, MAX_BODY_BYTES,
    auth::{Access, Answers},
};

pub(crate) mod problem;
mod instant;
mod cursor;
mod page;
mod who;
mod query;
mod command;
mod segments;
mod members;
mod users;
mod automatic;
mod check;
mod operations;
mod subscribers;
mod keys;
mod reports;

pub(crate) use self::reports::Events;

/// The result of a request.
type Result<T> = std::result::Result<T, problem::Problem>;

/// The routes by the access that they need, with their description. Those that change users directly exist only with
/// `dev_methods`.
fn described(dev_methods: bool) -> [(Access, OpenApiRouter<Api>); 3] {
    let reads = OpenApiRouter::new()
        .routes(routes!(segments::list))
        .routes(routes!(segments::get))
        .routes(routes!(members::list::list))
        .routes(routes!(members::export::export))
        .routes(routes!(users::get))
        .routes(routes!(users::segments::list))
        .routes(routes!(users::history::history))
        .routes(routes!(users::membership::get))
        .routes(routes!(users::membership::why))
        .routes(routes!(check::check))
        .routes(routes!(automatic::preview::preview))
        .routes(routes!(automatic::sources::list))
        .routes(routes!(automatic::log::list))
        .routes(routes!(operations::list))
        .routes(routes!(reports::link));
    let mut changes = OpenApiRouter::new()
        .routes(routes!(segments::edit::create))
        .routes(routes!(segments::edit::configure, segments::edit::delete))
        .routes(routes!(segments::edit::restore))
        .routes(routes!(automatic::assign::assign))
        .routes(routes!(automatic::refresh::refresh))
        .routes(routes!(members::batch::batch))
        .routes(routes!(members::import::import))
        .routes(routes!(users::segments::change));
    if dev_methods {
        changes = changes.routes(routes!(users::edit::put, users::edit::remove));
    }
    let admin = OpenApiRouter::new()
        .routes(routes!(automatic::sources::put, automatic::sources::delete))
        .routes(routes!(subscribers::consumers::list, subscribers::consumers::create))
        .routes(routes!(subscribers::consumers::get, subscribers::consumers::change, subscribers::consumers::delete))
        .routes(routes!(subscribers::subscriptions::list, subscribers::create::create))
        .routes(routes!(
            subscribers::subscriptions::get,
            subscribers::subscriptions::change,
            subscribers::subscriptions::delete
        ))
        .routes(routes!(subscribers::actions::sync))
        .routes(routes!(subscribers::actions::ping))
        .routes(routes!(subscribers::create::secret))
        .routes(routes!(subscribers::rejections::list, subscribers::rejections::delete_all))
        .routes(routes!(subscribers::rejections::delete))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke));
    [(Access::Read, reads), (Access::Change, changes), (Access::Admin, admin)]
}

/// The routes.
pub(crate) fn routes(api: Api) -> Router {
    let answers = Answers { refused: problem::refused, failed: problem::failed };
    let mut all = Router::new();
    for (access, router) in described(api.dev_methods) {
        let (router, mut description) = router.split_for_parts();
        let described = Arc::new(query::Described::of(&mut description));
        let router = router.route_layer(middleware::from_fn_with_state(described, query::refuse_unknown));
        // The last layer is the outermost: a request without the access learns nothing else.
        all = all.merge(api.keys.require(router, access, answers));
    }
    all.layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).layer(middleware::map_response(no_store)).with_state(api)
}

/// The description of all routes.
pub(crate) fn document() -> OpenApi {
    let mut document = OpenApi::default();
    for (_, router) in described(true) {
        document.merge(router.split_for_parts().1);
    }
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in methods(item) {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
            }
        }
    }
    document
}

/// The name of an operation: `get_api_v2_segments_name`. Names of functions are not unique.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(['/', '{', '}']).filter(|word| !word.is_empty());
    words.fold(method.to_lowercase(), |id, word| format!("{id}_{word}"))
}

fn methods(item: &mut PathItem) -> [(&'static str, &mut Option<Operation>); 5] {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [("GET", get), ("POST", post), ("PUT", put), ("PATCH", patch), ("DELETE", delete)]
}

/// Every route: method, path below `/api/v2`, and who may call it: `read`, `change` or `admin`.
#[must_use]
pub fn routes_of_v2() -> Vec<(String, String, String)> {
    let mut routes = Vec::new();
    for (access, router) in described(true) {
        let access = match access {
            Access::ByMethod | Access::Read => "read",
            Access::Change => "change",
            Access::Admin => "admin",
        };
        for (path, mut item) in router.split_for_parts().1.paths.paths {
            let path = path.trim_start_matches("/api/v2");
            let described = methods(&mut item).into_iter().filter(|(_, operation)| operation.is_some());
            routes.extend(described.map(|(method, _)| (method.to_owned(), path.to_owned(), access.to_owned())));
        }
    }
    routes
}
