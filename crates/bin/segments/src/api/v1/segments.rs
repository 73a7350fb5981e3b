//! `/api/v1/segments`: create, list, get, delete.

use axum::{extract::Query, extract::State, http::StatusCode, response::Response};
use database::{Statement, get as column, statement};

use super::{
    body::Body,
    error::{Error, Title},
    json,
    render::{List, Segments, Shape},
};
use crate::{
    api::{Api, PathPart, reads},
    changes::{self, AlreadyExists, CannotDelete, Cause},
    go,
    go::text::Text,
};

const LIST: Statement = statement!("segments/segments/stream_segments");
const SELECT: Statement = statement!("segments/segments/select_segment");

/// The longest name in bytes.
const MAX_NAME: usize = 1000;

/// `POST /segments`
pub(super) async fn create(State(api): State<Api>, cause: Cause, body: Body) -> Result<Response, Error> {
    let (name, percentage) = body.bind(
        "SegmentCreateInput",
        Title::SegmentValidation,
        |object, errors| (object.text("name", errors), object.integer("percentage", 0, errors)),
        |comment| Error::new(Title::SegmentValidation, comment, "Router - segmentRoutes.create - c.Bind"),
    )?;
    let buckets = validate(&name, percentage)
        .map_err(|comment| Error::new(Title::SegmentValidation, comment, "SegmentRoutes.create - validation"))?;
    let name = name.value;
    let created = api.changes.create_segment(&name, buckets, &cause).await;
    created.map_err(|error| match error {
        changes::Error::Failure(failure) => failure.into(),
        changes::Error::Rejected(AlreadyExists) => {
            let comment = format!("Segment with the given name \"{name}\" already exists");
            Error::new(Title::SegmentAlreadyExists, comment, "SegmentService.CreateSegment - doesSegmentExist")
        }
    })?;
    let mut answer = "{\"name\":".to_owned();
    go::json::quote(&mut answer, &name);
    answer.push_str("}\n");
    Ok(json(StatusCode::CREATED, answer))
}

/// The number of buckets of the percentage.
fn validate(name: &Text, percentage: i64) -> Result<i32, &'static str> {
    if name.value.is_empty() {
        return Err("Field \"name\" was not provided");
    }
    if name.value.len() > MAX_NAME {
        return Err("Field \"name\" cannot have length over 1000 symbols");
    }
    if !name.is_storable {
        return Err("Field \"name\" has a character that cannot be stored");
    }
    match i32::try_from(percentage) {
        Ok(percentage) if (0..=100).contains(&percentage) => Ok(percentage * 100),
        _ => Err("Field \"percentage\", if provided, must be a positive integer number from range [1, 100]"),
    }
}

/// `GET /segments`
pub(super) async fn list(
    State(api): State<Api>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let kind = parameters.iter().find(|(name, _)| name == "segment_type").map_or("", |(_, kind)| kind);
    let (alive, deleted) = match kind {
        "" | "both" => (true, true),
        "alive" => (true, false),
        "deleted" => (false, true),
        _ => {
            let comment = "Invalid \"segment_type\" param was given, valid values: [\"alive\", \"deleted\", \"both\"]";
            return Err(Error::new(Title::SegmentValidation, comment, "SegmentRoutes.getAll - c.QueryParam"));
        }
    };
    let render = Segments(List::new(Shape::List("segments")));
    Ok(json(StatusCode::OK, reads::stream(&api.database, &LIST, &[&alive, &deleted], render).await?))
}

/// `GET /segments/{name}`
pub(super) async fn get(State(api): State<Api>, PathPart(name): PathPart<3>) -> Result<Response, Error> {
    // A name with U+0000 does not exist, and cannot be sent.
    let rows = match name.contains('\0') {
        true => Vec::new(),
        false => api.database.read(&SELECT, &[&name]).await?,
    };
    let Some(row) = rows.first() else {
        let comment = format!("Segment with provided name \"{name}\" does not exist");
        let location = "SegmentService.GetSegmentByName - doesSegmentExist";
        return Err(Error::new(Title::SegmentNotFound, comment, location));
    };
    if column(row, 2)? {
        let comment = format!(
            "Segment with provided name \"{name}\" was deleted. If you want work with this segment, \
             recover it by performing create operation with this segment name"
        );
        let location = "SegmentService.GetSegmentByName - isSegmentDeleted";
        return Err(Error::new(Title::SegmentDeleted, comment, location));
    }
    Ok(json(StatusCode::OK, reads::render(&rows, Segments(List::new(Shape::One("segment"))))?))
}

/// `DELETE /segments/{name}`
pub(super) async fn delete(
    State(api): State<Api>,
    cause: Cause,
    PathPart(name): PathPart<3>,
) -> Result<Response, Error> {
    api.changes.delete_segment(&name, &cause).await.map_err(|error| {
        let comment = format!("Unable to delete segment \"{name}\" because it does not exist");
        match error {
            changes::Error::Failure(failure) => failure.into(),
            changes::Error::Rejected(CannotDelete::Unknown) => {
                Error::new(Title::SegmentNotFound, comment, "SegmentService.DeleteSegment - s.doesSegmentExist")
            }
            changes::Error::Rejected(CannotDelete::Deleted) => {
                let comment = format!("{comment}{DELETED_EARLIER}");
                Error::new(Title::SegmentDeleted, comment, "SegmentService.DeleteSegment - s.isSegmentDeleted")
            }
        }
    })?;
    let mut answer = "{\"message\":".to_owned();
    go::json::quote(&mut answer, &format!("successfully deleted segment \"{name}\""));
    answer.push_str("}\n");
    Ok(json(StatusCode::OK, answer))
}

/// The end of the comment about a deleted segment.
pub(super) const DELETED_EARLIER: &str = " (segment was deleted earlier and was not created again)";
