//! `GET /operations`: every write, by segment, user, actor and time, newest first.

use axum::{Json, extract::State};
use consumer::Failure;
use database::{Parameter, PgTimestamp, Row, Statement, get, statement};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    Result, instant,
    page::{List, Page},
    problem::{Problem, ProblemBody},
    query::Parameters,
    who,
};
use crate::api::Api;

const ALL: Statement = statement!("segments/operations/list_operations");
const OF_ACTOR: Statement = statement!("segments/operations/list_operations_of_actor");
const OF_SEGMENT: Statement = statement!("segments/operations/list_operations_of_segment");
const OF_USER: Statement = statement!("segments/operations/list_operations_of_user");

/// A committed change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Operation {
    operation_id: i64,
    /// `change_user`, `batch`, `import`, `create_segment`, `configure_segment`, `delete_segment`, `expire`…
    kind: String,
    at: Option<String>,
    /// The name of the key, of a task of the service, or `anonymous`.
    actor: String,
    /// The segment that it is about; null: it is about a user.
    segment: Option<String>,
    /// The user that it is about, GUID; null: it is about a segment.
    user: Option<Uuid>,
    /// `X-Request-Id` of the request.
    request_id: Option<String>,
    #[schema(value_type = Object)]
    detail: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// The name of a segment: operations that changed it or its members.
    segment: Option<String>,
    /// A user: operations that changed the user, or began or ended a membership.
    user: Option<String>,
    /// The name of a key, of a task of the service, or `anonymous`.
    actor: Option<String>,
    /// RFC 3339, inclusive.
    from: Option<String>,
    /// RFC 3339, exclusive.
    to: Option<String>,
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Every write, newest first
#[utoipa::path(
    get,
    path = "/api/v2/operations",
    tag = "operations",
    params(ListParameters),
    responses((status = 200, body = List<Operation>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Json<List<Operation>>> {
    let ListParameters { segment, user, actor, from, to, limit, cursor } = parameters;
    let name = format!("operations/{segment:?}/{user:?}/{actor:?}/{from:?}/{to:?}");
    let page = Page::new(name, limit, cursor.as_deref(), None)?;
    let from = from.map(|from| instant::field("from", &from)).transpose()?;
    let to = to.map(|to| instant::field("to", &to)).transpose()?;
    let who = user.as_deref().map(who::path).transpose()?;
    if [&segment, &actor].into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(Problem::invalid("invalid_text", "a parameter contains U+0000, which no name has"));
    }
    let (at, last) = (page.at(), PgTimestamp::from_micros(page.after(0, i64::MAX)));
    let (last_id, size) = (page.after(1, i64::MAX), page.rows());
    let mut values: Vec<&dyn Parameter> = vec![&at, &from, &to, &last, &last_id, &size];
    let ids = who.as_ref().map(|who| who.ids());
    let statement = match (&ids, &segment, &actor) {
        (Some((id, guid, source_id)), ..) => {
            values.extend([&actor as &dyn Parameter, &segment, id, guid, source_id]);
            &OF_USER
        }
        (None, Some(segment), _) => {
            values.extend([&actor as &dyn Parameter, segment]);
            &OF_SEGMENT
        }
        (None, None, Some(actor)) => {
            values.push(actor);
            &OF_ACTOR
        }
        (None, None, None) => &ALL,
    };
    let rows = api.database.read(statement, &values).await?;
    if !rows.first().map_or(Ok(false), |row| get::<bool>(row, 1))? {
        let detail = "there is no such segment or no such user; names are case-sensitive";
        return Err(Problem::not_found("filter_not_found", detail));
    }
    page.list(&rows, operation).map(Json)
}

fn operation(row: &Row) -> std::result::Result<Option<(Vec<i64>, Operation)>, Failure> {
    let Some(operation_id) = get::<Option<i64>>(row, 2)? else { return Ok(None) };
    let at: PgTimestamp = get(row, 4)?;
    let operation = Operation {
        operation_id,
        kind: get(row, 3)?,
        at: instant::text(at),
        actor: get(row, 5)?,
        segment: get(row, 6)?,
        user: get(row, 7)?,
        request_id: get(row, 8)?,
        detail: RawValue::from_string(get(row, 9)?).ok(),
    };
    Ok(Some((vec![at.micros(), operation_id], operation)))
}
