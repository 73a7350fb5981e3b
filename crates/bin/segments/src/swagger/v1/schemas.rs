//! The shapes of the requests and responses of API v1.

use utoipa::ToSchema;

/// A user to create. The length of a name is at most 1000 bytes.
#[derive(ToSchema)]
pub(super) struct UserCreateInput {
    #[schema(min_length = 1)]
    name: String,
    #[schema(min_length = 1)]
    lastname: String,
    /// 0: man, 1: woman
    #[schema(minimum = 0, maximum = 1)]
    sex: i32,
    #[schema(minimum = 1)]
    age: i32,
}

/// A segment to create. The length of its name is at most 1000 bytes.
#[derive(ToSchema)]
pub(super) struct SegmentCreateInput {
    #[schema(min_length = 1)]
    name: String,
    /// The share of the active users that are added
    #[schema(minimum = 0, maximum = 100)]
    percentage: Option<i32>,
}

/// Segments that a user joins.
#[derive(ToSchema)]
pub(super) struct AddUserToSegmentsInput {
    id: i32,
    #[schema(min_items = 1)]
    segments: Vec<SegmentToAdd>,
}

/// A segment, and until when the user stays in it.
#[derive(ToSchema)]
struct SegmentToAdd {
    name: String,
    /// `HH:MM:SS DD.MM.YYYY` in `TIME_ZONE`
    end_date: Option<String>,
}

/// Segments that a user leaves.
#[derive(ToSchema)]
pub(super) struct DeleteUserFromSegmentsInput {
    id: i32,
    #[schema(min_items = 1)]
    segments: Vec<SegmentToRemove>,
}

/// A segment.
#[derive(ToSchema)]
struct SegmentToRemove {
    name: String,
}

/// A new user.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Id {
    id: i32,
}

/// A new segment.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    name: String,
}

/// A change that was made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    message: String,
}

/// A user. Unknown values are empty or -1.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct User {
    user_id: i32,
    name: String,
    lastname: String,
    /// 0: man, 1: woman, -1: unknown
    #[schema(minimum = -1, maximum = 1)]
    sex: i32,
    #[schema(pattern = "^(мужской|женский|)$")]
    sex_text: String,
    age: i32,
    is_deleted: bool,
}

/// The membership of a user in a segment.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Membership {
    information_id: i64,
    user_id: i32,
    segment_id: i32,
    /// The name of the segment
    name: String,
    #[schema(pattern = r"^\d{2}:\d{2}:\d{2} \d{2}\.\d{2}\.\d{4}$")]
    start_date: String,
    /// Empty: no end is set
    #[schema(pattern = r"^(\d{2}:\d{2}:\d{2} \d{2}\.\d{2}\.\d{4})?$")]
    end_date: String,
}

/// A user with the memberships of now.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct UserWithSegments {
    user: User,
    #[schema(required)]
    segments: Option<Vec<Membership>>,
}

/// Users.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Users {
    #[schema(required)]
    users: Option<Vec<User>>,
}

/// One user.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneUser {
    user: User,
}

/// Users with their memberships.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UsersWithSegments {
    #[schema(required)]
    users: Option<Vec<UserWithSegments>>,
}

/// One user with the memberships.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneUserWithSegments {
    user: UserWithSegments,
}

/// A segment.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct Segment {
    segment_id: i32,
    name: String,
    is_deleted: bool,
}

/// Segments.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Segments {
    #[schema(required)]
    segments: Option<Vec<Segment>>,
}

/// One segment.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OneSegment {
    segment: Segment,
}

/// A report.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    #[schema(pattern = r"^\d{2}:\d{2}:\d{2} \d{2}\.\d{2}\.\d{4}$")]
    report_date: String,
    /// CSV, or a link to it
    report: String,
}

/// An error.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Error {
    /// The text of the error behind it, or empty
    origin_error_text: String,
    #[schema(example = "ErrUserNotFound", pattern = "^Err[A-Za-z]+$")]
    title: String,
    #[schema(example = "User with id 9999 not found")]
    comment: String,
    /// Where the service has found the error
    #[schema(example = "UserRepository.GetUserByID")]
    location: String,
}
