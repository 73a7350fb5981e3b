//! `GET /rules`: the rules by which users are tagged.

use axum::{Json, extract::State};
use database::{Database, statement};
use http::{ApiError, ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rule::Line;

/// The tag rules.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rules {
    /// Sorted by id.
    rules: Vec<Line>,
}

/// The rules by which users are tagged
#[utoipa::path(
    get,
    path = "/api/v1/rules",
    responses((status = 200, body = Rules), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)),
    security((), ("token" = []))
)]
pub(super) async fn list(State(database): State<Database>) -> Result<Json<Rules>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let rows = transaction.query(&statement!("cdm/rules/select_rules"), []).await?;
    transaction.commit().await?;
    Ok(Json(Rules { rules: rows.iter().map(Line::read).collect::<Result<_, _>>()? }))
}
