//! The document of the customer's second service, and of report links.
#![expect(dead_code, reason = "the types and functions only describe; the routes read and render by hand")]
#![expect(unused_qualifications, reason = "the derive of parameters writes them")]

use utoipa::{IntoParams, IntoResponses, OpenApi, ToSchema};
use uuid::Uuid;

/// The paths.
#[derive(OpenApi)]
#[openapi(
    paths(
        create_slug, remove_slug, change_for_user, get_for_user, get_history_report_link, create_guid, update_guid, remove_guid,
        history_report
    ),
    components(schemas(ErrorList)),
    tags(
        (name = "second service", description = "Segments by slug, users by GUID"),
        (name = "development", description = "Users, changed directly; only with `DEV_METHODS=true`")
    )
)]
pub(super) struct Document;

/// A segment to create.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
struct SegmentToCreate {
    #[schema(min_length = 1)]
    slug: String,
    /// The share of the active users that are added, with two decimals at most
    #[schema(minimum = 0, maximum = 100)]
    percent_to_fill: f64,
}

/// A segment.
#[derive(ToSchema)]
struct SegmentToDelete {
    #[schema(min_length = 1)]
    slug: String,
}

/// The segments that a user joins and leaves.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangeForUser {
    #[serde(rename = "userID")]
    user_id: Uuid,
    segments_to_add: Option<Vec<Addition>>,
    segments_to_remove: Option<Vec<Removal>>,
}

/// A segment that a user joins. It has one of the two ends, or none.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
struct Addition {
    segment_slug: String,
    /// 0 is no end
    #[schema(minimum = 0)]
    seconds_to_be_in_segment: Option<i64>,
    /// RFC 3339
    #[schema(format = DateTime)]
    deadline_for_staying_in_segment: Option<String>,
}

/// A segment that a user leaves.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
struct Removal {
    segment_slug: String,
}

/// The slugs of the segments of a user.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Slugs {
    segments: Vec<String>,
}

/// A link to a report.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReportLink {
    report_link: String,
    /// RFC 3339
    #[schema(format = DateTime)]
    expiration_time: String,
}

/// A user.
#[derive(ToSchema)]
struct UserGuid {
    #[serde(rename = "userID")]
    user_id: Uuid,
}

/// The status of a user.
#[derive(ToSchema)]
struct UserStatus {
    #[serde(rename = "userID")]
    user_id: Uuid,
    /// `active` or `excluded`
    #[schema(pattern = "^(active|excluded)$")]
    status: String,
}

/// Errors.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct ErrorList {
    #[schema(min_items = 1)]
    errors: Vec<ErrorItem>,
}

/// An error.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct ErrorItem {
    /// `parse_error`, `validation_error`, `database_error`, `unauthorized`, `forbidden`
    #[schema(example = "validation_error")]
    r#type: String,
    #[schema(example = "segment does not exist; missed segments: A, B")]
    info: String,
}

/// What every request can be answered with.
#[derive(IntoResponses)]
enum Always {
    /// The request cannot be followed
    #[response(status = 400)]
    Rejected(ErrorList),
    /// There is no key, or no such key
    #[response(status = 401)]
    Unauthorized(ErrorList),
    /// The database does not answer, or is too busy
    #[response(status = 503)]
    Unavailable(ErrorList),
}

/// What a change can be answered with too.
#[derive(IntoResponses)]
enum Changed {
    /// It is as the request says
    #[response(status = 204)]
    Done,
    /// The role of the key does not allow changes
    #[response(status = 403)]
    Forbidden(ErrorList),
    /// The body is larger than 1 MiB
    #[response(status = 413)]
    TooLarge(ErrorList),
}

/// Create a segment, or revive a deleted one
#[utoipa::path(
    post, path = "/segments/create", tag = "second service",
    request_body(content = SegmentToCreate, example = json!({"slug": "AVITO_MUSIC_SERVICE", "percentToFill": 12.5})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn create_slug() {}

/// Delete a segment; also if it is unknown or deleted
#[utoipa::path(
    delete, path = "/segments/remove", tag = "second service",
    request_body(content = SegmentToDelete, example = json!({"slug": "AVITO_MUSIC_SERVICE"})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn remove_slug() {}

/// Add a user to segments, and remove the user from others
///
/// All or none. Adding a member again sets the end; removing one who is no member does nothing.
#[utoipa::path(
    post, path = "/segments/change-for-user", tag = "second service",
    request_body(content = ChangeForUser, example = json!({"userID": "45643d9d-c98d-5888-9743-20b85ecf0752", "segmentsToAdd": [{"segmentSlug": "AVITO_MUSIC_SERVICE", "secondsToBeInSegment": 86400}], "segmentsToRemove": [{"segmentSlug": "AVITO_MARKET"}]})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn change_for_user() {}

/// The segments of a user
#[utoipa::path(
    get, path = "/segments/get-for-user", tag = "second service", params(UserId),
    responses((status = 200, description = "The slugs", body = Slugs, example = json!({"segments": ["AVITO_MUSIC_SERVICE"]})), Always),
    security((), ("token" = []))
)]
fn get_for_user() {}

/// A link to the changes of a user in a month, as CSV
///
/// The link needs no key. It is valid for `REPORT_LINK_TTL`.
#[utoipa::path(
    get, path = "/segments/get-history-report-link", tag = "second service", params(UserId, Month),
    responses((status = 200, description = "The link", body = ReportLink), Always),
    security((), ("token" = []))
)]
fn get_history_report_link() {}

/// Create a user; one who exists stays as it is
#[utoipa::path(
    post, path = "/segments/create-user", tag = "development",
    request_body(content = UserGuid, example = json!({"userID": "45643d9d-c98d-5888-9743-20b85ecf0752"})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn create_guid() {}

/// Set the status of a user
#[utoipa::path(
    put, path = "/segments/update-user", tag = "development",
    request_body(content = UserStatus, example = json!({"userID": "45643d9d-c98d-5888-9743-20b85ecf0752", "status": "excluded"})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn update_guid() {}

/// Remove a user, with all memberships
#[utoipa::path(
    delete, path = "/segments/remove-user", tag = "development",
    request_body(content = UserGuid, example = json!({"userID": "45643d9d-c98d-5888-9743-20b85ecf0752"})),
    responses(Changed, Always), security((), ("token" = []))
)]
fn remove_guid() {}

/// The report behind a link
#[utoipa::path(
    get, path = "/api/v2/reports/{token}", tag = "reports",
    params(("token" = String, Path, description = "The token in the link")),
    responses(
        (status = 200, description = "guid,slug,added or removed,time", body = String, content_type = "text/csv"),
        (status = 404, description = "The link was not made here", body = ErrorList),
        (status = 410, description = "The link has expired", body = ErrorList),
        (status = 503, description = "The database does not answer, or is too busy", body = ErrorList)
    )
)]
fn history_report() {}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct UserId {
    /// The GUID of the user
    #[param(rename = "userID", example = "45643d9d-c98d-5888-9743-20b85ecf0752")]
    user_id: Uuid,
}

/// A month in `TIME_ZONE`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Month {
    #[param(minimum = 1, maximum = 12, example = 9)]
    month: i32,
    #[param(minimum = 1, maximum = 9998, example = 2023)]
    year: i32,
}
