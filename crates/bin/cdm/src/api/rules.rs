//! `GET /rules`: the rules by which users are tagged.

use axum::{Json, extract::State};
use database::{Database, statement};
use http::{ApiError, ErrorBody, Page};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rules::rule::Line;

/// The tag rules.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rules {
    /// Sorted by id.
    rules: Vec<Line>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The rules by which users are tagged
#[utoipa::path(
    get,
    path = "/api/v1/rules",
    params(
        ("after" = Option<i64>, Query, description = "`next` of the previous page; omit it for the first page"),
        ("limit" = Option<u16>, Query, description = "Maximum number of rules; default 1000", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, body = Rules),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn list(State(database): State<Database>, page: Page<i64, 1000>) -> Result<Json<Rules>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let (after, size) = (page.after.unwrap_or(i64::MIN), Some(i64::from(page.limit)));
    let rows = transaction.query(&statement!("cdm/rules/select_rules"), [&after, &size]).await?;
    transaction.commit().await?;
    let rules = rows.iter().map(|row| Line::read(row).map(|rule| (rule.rule_id, rule)));
    let (rules, next) = page.collect(rules)?;
    Ok(Json(Rules { rules, next }))
}
