//! The routes of the customer's second service, `/segments/…`: segments by slug, users by GUID.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, post, put},
};

use self::error::Error;
use crate::api::{Api, MAX_BODY_BYTES, auth::Answers};

mod error;
mod body;
mod segments;
mod memberships;
mod history;
mod users;

/// The routes. Those that change users directly exist only with `DEV_METHODS`.
pub(crate) fn routes(api: Api) -> Router {
    let mut router = Router::new()
        .route("/segments/create", post(segments::create))
        .route("/segments/remove", delete(segments::remove))
        .route("/segments/change-for-user", post(memberships::change))
        .route("/segments/get-for-user", get(memberships::list))
        .route("/segments/get-history-report-link", get(history::link));
    if api.dev_methods {
        router = router
            .route("/segments/create-user", post(users::create))
            .route("/segments/update-user", put(users::update))
            .route("/segments/remove-user", delete(users::remove));
    }
    let answers = Answers { refused: error::refused, failed: error::failed };
    let guarded = api.keys.guard(router, answers);
    // A link needs no key.
    guarded
        .route("/api/v2/reports/{token}", get(history::report))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(api)
}

/// The result of a request.
type Result<T> = std::result::Result<T, Error>;
