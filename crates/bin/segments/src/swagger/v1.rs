//! The document of API v1. The examples are those of the customer.
#![expect(dead_code, reason = "the types and functions only describe; the routes render their answers by hand")]
#![expect(unused_qualifications, reason = "the derive of parameters writes them")]

use utoipa::{IntoParams, IntoResponses, OpenApi};

use self::schemas::{
    AddUserToSegmentsInput, DeleteUserFromSegmentsInput, Error, Id, Message, Name, OneSegment, OneUser,
    OneUserWithSegments, Report, SegmentCreateInput, Segments, UserCreateInput, Users, UsersWithSegments,
};

mod schemas;

/// The paths.
#[derive(OpenApi)]
#[openapi(
    paths(
        health, create_user, list_users, get_user, list_users_with_segments, get_user_with_segments, add_user_to_segments,
        delete_user_from_segments, create_segment, list_segments, get_segment, delete_segment, report
    ),
    components(schemas(Error)),
    tags(
        (name = "users", description = "API v1: users and their segments"),
        (name = "segments", description = "API v1: segments"),
        (name = "reports", description = "API v1: every stay of every user")
    )
)]
pub(super) struct Document;

/// What every request can be answered with.
#[derive(IntoResponses)]
enum Always {
    /// There is no key, or no such key
    #[response(status = 401)]
    Unauthorized(Error),
    /// The database does not answer, or is too busy
    #[response(status = 503)]
    Unavailable(Error),
}

/// What a change can be answered with too.
#[derive(IntoResponses)]
enum Change {
    /// The request cannot be followed
    #[response(status = 400)]
    Rejected(Error),
    /// The role of the key does not allow changes
    #[response(status = 403)]
    Forbidden(Error),
}

/// What a request with a body can be answered with too.
#[derive(IntoResponses)]
enum WithBody {
    /// The body is larger than 1 MiB
    #[response(status = 413)]
    TooLarge(Error),
}

/// What a request for something that may be missing or deleted can be answered with too.
#[derive(IntoResponses)]
enum Missing {
    /// It does not exist
    #[response(status = 404)]
    Unknown(Error),
}

/// Whether the service is alive
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, description = "It is; the body is empty")))]
fn health() {}

/// Create a user
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users",
    request_body(content = UserCreateInput, example = json!({"name": "Михаил", "lastname": "Иванов", "age": 27, "sex": 0})),
    responses((status = 201, description = "The id of the user", body = Id, example = json!({"id": 26})), Always, Change, WithBody),
    security((), ("token" = []))
)]
fn create_user() {}

/// All users, in the order of ids, with removed ones
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users",
    responses(
        (status = 200, description = "The users", body = Users, example = json!({"users": [{"user_id": 16, "name": "Михаил", "lastname": "Иванов", "sex": 0, "sex_text": "мужской", "age": 27, "is_deleted": false}]})),
        Always
    ),
    security((), ("token" = []))
)]
fn list_users() {}

/// A user
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", params(UserId),
    responses(
        (status = 200, description = "The user", body = OneUser, example = json!({"user": {"user_id": 16, "name": "Михаил", "lastname": "Иванов", "sex": 0, "sex_text": "мужской", "age": 27, "is_deleted": false}})),
        (status = 400, description = "The id is no integer, or the user is removed", body = Error),
        Missing, Always
    ),
    security((), ("token" = []))
)]
fn get_user() {}

/// All users with their memberships of now
#[utoipa::path(
    get, path = "/api/v1/users/withSegments", tag = "users",
    responses(
        (status = 200, description = "The users", body = UsersWithSegments, example = json!({"users": [{"segments": [{"information_id": 179, "user_id": 16, "segment_id": 43, "name": "AVITO_MUSIC_SERVICE", "start_date": "15:27:32 01.09.2023", "end_date": ""}], "user": {"user_id": 16, "name": "Михаил", "lastname": "Иванов", "sex": 0, "sex_text": "мужской", "age": 27, "is_deleted": false}}]})),
        Always
    ),
    security((), ("token" = []))
)]
fn list_users_with_segments() {}

/// A user with the memberships of now
#[utoipa::path(
    get, path = "/api/v1/users/{id}/withSegments", tag = "users", params(UserId),
    responses(
        (status = 200, description = "The user", body = OneUserWithSegments, example = json!({"user": {"segments": [{"information_id": 179, "user_id": 16, "segment_id": 43, "name": "AVITO_MUSIC_SERVICE", "start_date": "15:27:32 01.09.2023", "end_date": ""}], "user": {"user_id": 16, "name": "Михаил", "lastname": "Иванов", "sex": 0, "sex_text": "мужской", "age": 27, "is_deleted": false}}})),
        (status = 400, description = "The id is no integer, or the user is removed", body = Error),
        Missing, Always
    ),
    security((), ("token" = []))
)]
fn get_user_with_segments() {}

/// Add a user to segments
///
/// All or none. `end_date` is the moment at which the user leaves the segment; empty or absent: there is none.
#[utoipa::path(
    post, path = "/api/v1/users/addUserToSegments", tag = "users",
    request_body(content = AddUserToSegmentsInput, example = json!({"id": 16, "segments": [{"end_date": "10:00:00 25.09.2023", "name": "AVITO_MUSIC_SERVICE"}]})),
    responses(
        (status = 200, description = "The user is added", body = Message, example = json!({"message": "user 16 was successfully added to the segments"})),
        Missing, Always, Change, WithBody
    ),
    security((), ("token" = []))
)]
fn add_user_to_segments() {}

/// Remove a user from segments
///
/// All or none.
#[utoipa::path(
    post, path = "/api/v1/users/deleteUserFromSegments", tag = "users",
    request_body(content = DeleteUserFromSegmentsInput, example = json!({"id": 16, "segments": [{"name": "AVITO_MUSIC_SERVICE"}]})),
    responses(
        (status = 200, description = "The user is removed", body = Message, example = json!({"message": "user 16 was successfully removed from segments"})),
        Missing, Always, Change, WithBody
    ),
    security((), ("token" = []))
)]
fn delete_user_from_segments() {}

/// Create a segment, or revive a deleted one
///
/// `percentage` of the active users are added, chosen by a stable hash; absent or 0: none.
#[utoipa::path(
    post, path = "/api/v1/segments", tag = "segments",
    request_body(content = SegmentCreateInput, example = json!({"name": "AVITO_MUSIC_SERVICE", "percentage": 57})),
    responses((status = 201, description = "The segment is created", body = Name, example = json!({"name": "AVITO_MUSIC_SERVICE"})), Always, Change, WithBody),
    security((), ("token" = []))
)]
fn create_segment() {}

/// All segments
#[utoipa::path(
    get, path = "/api/v1/segments", tag = "segments", params(SegmentType),
    responses(
        (status = 200, description = "The segments", body = Segments, example = json!({"segments": [{"segment_id": 43, "name": "AVITO_MUSIC_SERVICE", "is_deleted": false}]})),
        (status = 400, description = "There is no such type", body = Error),
        Always
    ),
    security((), ("token" = []))
)]
fn list_segments() {}

/// A segment
#[utoipa::path(
    get, path = "/api/v1/segments/{name}", tag = "segments", params(SegmentName),
    responses(
        (status = 200, description = "The segment", body = OneSegment, example = json!({"segment": {"segment_id": 43, "name": "AVITO_MUSIC_SERVICE", "is_deleted": false}})),
        (status = 400, description = "The segment is deleted", body = Error),
        Missing, Always
    ),
    security((), ("token" = []))
)]
fn get_segment() {}

/// Delete a segment
///
/// Its members leave it. Its name stays taken, its history stays.
#[utoipa::path(
    delete, path = "/api/v1/segments/{name}", tag = "segments", params(SegmentName),
    responses(
        (status = 200, description = "The segment is deleted", body = Message, example = json!({"message": "successfully deleted segment \"AVITO_MUSIC_SERVICE\""})),
        Missing, Always, Change
    ),
    security((), ("token" = []))
)]
fn delete_segment() {}

/// Every stay of every user as CSV, by begin
///
/// With `GOOGLE_DRIVE_JSON_FILE_PATH` the CSV is uploaded, and `report` is a link to it.
#[utoipa::path(
    get, path = "/api/v1/reports", tag = "reports", params(Period),
    responses(
        (status = 200, description = "The report", body = Report, examples(
            ("inline" = (value = json!({"report_date": "16:56:36 19.09.2023", "report": "user_id,segment_name,start_date,end_date\n1,AVITO_VOICE_MESSAGES,12:35:50 01.01.2023,\n1,AVITO_MARKET,12:35:50 01.01.2023,00:00:00 01.01.2024\n"}))),
            ("link" = (value = json!({"report_date": "17:14:22 19.09.2023", "report": "https://drive.google.com/file/d/1kcbOzRBtpxq4n_ernm0Bn6RmkDl9BhV8/view?usp=sharing"})))
        )),
        (status = 400, description = "A parameter is no date", body = Error),
        (status = 500, description = "Google Drive does not take the report", body = Error),
        Always
    ),
    security((), ("token" = []))
)]
fn report() {}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct UserId {
    /// The integer id of the user
    #[param(example = 16)]
    id: i32,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct SegmentName {
    /// The name of the segment, percent-encoded
    #[param(example = "AVITO_MUSIC_SERVICE")]
    name: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct SegmentType {
    /// `alive`, `deleted` or `both`, which is the default
    #[param(example = "alive")]
    segment_type: Option<String>,
}

/// Dates as in `end_date`: from inclusive, to exclusive. An open end is later than any date.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Period {
    /// The first begin
    #[param(example = "00:00:00 01.09.2023")]
    start_from: Option<String>,
    /// The begin before which the report ends
    #[param(example = "00:00:00 01.10.2023")]
    start_to: Option<String>,
    /// The first end
    end_from: Option<String>,
    /// The end before which the report ends
    end_to: Option<String>,
}
