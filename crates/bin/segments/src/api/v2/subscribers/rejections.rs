//! `/subscriptions/{id}/rejections`: changes that a target does not want.

use axum::{Json, extract::State, http::StatusCode};
use consumer::Failure;
use database::{Statement, get, statement};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{consumers::now, no_subscription, number, subscriptions::SELECT};
use crate::api::{
    Api, PathPart,
    v2::{
        Result, instant,
        page::{List, Page},
        problem::{Problem, ProblemBody},
        query::Parameters,
    },
};

const LIST: Statement = statement!("segments/subscribers/list_rejections");
const DELETE: Statement = statement!("segments/subscribers/delete_rejections");

/// A change that the target has rejected.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Rejection {
    id: i64,
    change_id: String,
    /// `added` or `removed`.
    op: String,
    /// The user, GUID.
    user: Uuid,
    /// Status and body of the answer.
    response: String,
    rejected_at: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct RejectionParameters {
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Changes that the target has rejected, by number
///
/// They are not sent again until they are deleted here.
#[utoipa::path(
    get,
    path = "/api/v2/subscriptions/{id}/rejections",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription"), RejectionParameters),
    responses((status = 200, body = List<Rejection>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    Parameters(RejectionParameters { limit, cursor }): Parameters<RejectionParameters>,
) -> Result<Json<List<Rejection>>> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let page = Page::new(format!("rejections/{number}"), limit, cursor.as_deref(), None)?;
    if api.database.read(&SELECT, &[&number]).await?.is_empty() {
        return Err(no_subscription(&id));
    }
    let rows = api.database.read(&LIST, &[&number, &page.after(0, 0), &page.rows()]).await?;
    let items = rows.iter().map(|row| {
        let id = get(row, 0)?;
        let rejection = Rejection {
            id,
            change_id: get(row, 1)?,
            op: get(row, 2)?,
            user: get(row, 3)?,
            response: get(row, 4)?,
            rejected_at: instant::text(get(row, 5)?),
        };
        Ok((vec![id], rejection))
    });
    Ok(Json(page.made_of(now(), items.collect::<std::result::Result<_, Failure>>()?)))
}

/// Deletes all rejections of a subscription, so that the changes are sent again
#[utoipa::path(
    delete,
    path = "/api/v2/subscriptions/{id}/rejections",
    tag = "subscribers",
    params(("id" = i32, Path, description = "The number of the subscription")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete_all(State(api): State<Api>, PathPart(id): PathPart<3>) -> Result<StatusCode> {
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    if api.database.read(&SELECT, &[&number]).await?.is_empty() {
        return Err(no_subscription(&id));
    }
    forget(&api, number, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a rejection, so that the change is sent again
#[utoipa::path(
    delete,
    path = "/api/v2/subscriptions/{id}/rejections/{rejection}",
    tag = "subscribers",
    params(
        ("id" = i32, Path, description = "The number of the subscription"),
        ("rejection" = i64, Path, description = "The number of the rejection"),
    ),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete(
    State(api): State<Api>,
    PathPart(id): PathPart<3>,
    PathPart(rejection): PathPart<5>,
) -> Result<StatusCode> {
    let unknown = || {
        let detail = format!("subscription {id} has no rejection {rejection}; GET …/rejections lists all");
        Problem::not_found("rejection_not_found", detail)
    };
    let number = number(&id).ok_or_else(|| no_subscription(&id))?;
    let which: i64 = rejection.parse().map_err(|_| unknown())?;
    if forget(&api, number, Some(which)).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

async fn forget(api: &Api, subscription: i32, rejection: Option<i64>) -> Result<bool> {
    let transaction = api.database.begin_change().await.map_err(Failure::from)?;
    let rows = transaction.query(&DELETE, [&subscription, &rejection]).await?;
    transaction.commit().await?;
    Ok(!rows.is_empty())
}
