//! `/api/v1/users/addUserToSegments` and `deleteUserFromSegments`.

use std::collections::BTreeSet;

use axum::{extract::State, http::StatusCode, response::Response};
use database::PgTimestamp;

use super::{
    body::Body,
    error::{Error, Title},
    json,
    segments::DELETED_EARLIER,
    users::removed,
};
use crate::{
    api::Api,
    changes::{Cause, Pair, State as Locked, Status, Who, Wish},
    go,
};

mod locations {
    //! Where the customer's service finds an error.

    pub(super) const ADD_VALIDATION: &str = "UserService.AddUserToSegments - validation";
    pub(super) const ADD_USER: &str = "UserService.AddUserToSegments - us.GetUserByID";
    pub(super) const ADD_DATE: &str = "UserService.AddUserToSegments - time.Parse";
    pub(super) const ADD_UNKNOWN: &str = "UserService.AddUserToSegments - us.segmentRepository.GetSegmentByName";
    pub(super) const ADD_DELETED: &str = "UserService.AddUserToSegments - isDeleted";
    pub(super) const ADD_MEMBER: &str = "UserService.AddUserToSegments - us.userRepository.GetUserSegmentsByUserID";
    pub(super) const DELETE_VALIDATION: &str = "UserService.DeleteUserFromSegments - validation";
    pub(super) const DELETE_USER: &str = "UserService.DeleteUserFromSegments - us.GetUserByID";
    pub(super) const DELETE_SEGMENT: &str =
        "UserService.DeleteUserFromSegments - us.segmentRepository.GetSegmentByName";
    pub(super) const DELETE_EXCLUSION: &str = "UserService.DeleteUserFromSegments - exclusion";
    pub(super) const GET_USER: &str = "UserService.GetUserByID - us.userRepository.GetUserByID";
}

/// A segment of the list of a request.
struct Item {
    name: String,
    end_date: String,
}

/// `POST /users/addUserToSegments`
pub(super) async fn add(State(api): State<Api>, cause: Cause, body: Body) -> Result<Response, Error> {
    let (id, items) = read(&body, "AddUserToSegmentsInput", |origin| {
        let (comment, location) = ("Failed to parse request's body", "UserRoutes.addUserToSegments - c.Bind");
        Error::new(Title::UserValidation, comment, location).caused_by(origin)
    })?;
    let ends = items.iter().map(|item| end(&api, item)).collect::<Result<Vec<_>, _>>()?;
    distinct(&items, locations::ADD_VALIDATION)?;
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let decide = |state: &Locked| may_join(id, &names, &ends, state);
    api.changes.change_user(Who::Id(number(id)), &names, &cause, decide).await?;
    Ok(json(StatusCode::OK, format!("{{\"message\":\"user {id} was successfully added to the segments\"}}\n")))
}

/// `POST /users/deleteUserFromSegments`
pub(super) async fn delete(State(api): State<Api>, cause: Cause, body: Body) -> Result<Response, Error> {
    let (id, items) = read(&body, "DeleteUserFromSegmentsInput", |origin| {
        let location = "UserRoutes.deleteUsersFromSegments";
        Error::new(Title::UserValidation, "Invalid request body", location).caused_by(origin)
    })?;
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let decide = |state: &Locked| may_leave(id, &items, state);
    api.changes.change_user(Who::Id(number(id)), &names, &cause, decide).await?;
    Ok(json(StatusCode::OK, format!("{{\"message\":\"user {id} was successfully removed from segments\"}}\n")))
}

fn read(
    body: &Body,
    structure: &'static str,
    rejected: impl FnOnce(String) -> Error,
) -> Result<(i64, Vec<Item>), Error> {
    let has_dates = structure == "AddUserToSegmentsInput";
    let fields = |object: &go::bind::Object<'_>, errors: &mut go::bind::TypeErrors| {
        let id = object.integer("id", 0, errors);
        let list = object.list("segments", errors);
        let items = list.iter().map(|item| Item {
            name: item.text("segments.name", errors).value,
            end_date: if has_dates { item.text("segments.end_date", errors).value } else { String::new() },
        });
        (id, items.collect())
    };
    body.bind(structure, Title::UserValidation, fields, rejected)
}

/// A number of a user. There is none with a larger one.
fn number(id: i64) -> i32 {
    i32::try_from(id).unwrap_or(0)
}

fn end(api: &Api, item: &Item) -> Result<PgTimestamp, Error> {
    if item.end_date.is_empty() {
        return Ok(PgTimestamp::INFINITY);
    }
    go::time::parse(&item.end_date).map(|date| api.zone.instant(date)).map_err(|origin| {
        let comment = format!("Operation was canceled. Invalid \"end_date\" = {} was provided", item.end_date);
        Error::new(Title::UserValidation, comment, locations::ADD_DATE).caused_by(origin)
    })
}

/// No name occurs twice.
fn distinct(items: &[Item], location: &'static str) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match items.iter().find(|item| !seen.insert(&item.name)) {
        None => Ok(()),
        Some(Item { name, .. }) => {
            let comment = format!("Operation was canceled. The segment \"{name}\" occurs more than 1 time in the list");
            Err(Error::new(Title::UserValidation, comment, location))
        }
    }
}

fn may_join(id: i64, names: &[&str], ends: &[PgTimestamp], state: &Locked) -> Result<Vec<Wish>, Error> {
    let user = |title, what| {
        let comment = format!("Operation was canceled because user with id = {id} {what}");
        Err(Error::new(title, comment, locations::ADD_USER))
    };
    match &state.user {
        None => return user(Title::UserNotFound, "does not exist"),
        Some(found) if found.status == Status::Removed => return user(Title::UserDeleted, "is deleted"),
        Some(_) => {}
    }
    let pairs = pairs(names, state, |name, is_known| {
        let comment = format!(
            "Operation was canceled. Failed to add user (id={id}) to the segment \"{name}\" because segment does not exist"
        );
        match is_known {
            false => Error::new(Title::SegmentNotFound, comment, locations::ADD_UNKNOWN),
            true => Error::new(Title::SegmentDeleted, comment + DELETED_EARLIER, locations::ADD_DELETED),
        }
    })?;
    not_empty(&pairs, locations::ADD_VALIDATION)?;
    if let Some(members) = listed(&pairs, |pair| pair.is_member(state.now)) {
        let comment = format!(
            "Operation was canceled. Failed to add segments: {members} to user (id = {id}) since user already has this segments"
        );
        return Err(Error::new(Title::UserValidation, comment, locations::ADD_MEMBER));
    }
    kept(listed(&pairs, |pair| pair.segment.is_tag), locations::ADD_VALIDATION)?;
    let joins = pairs.iter().zip(ends).map(|(pair, end)| Wish::Join { segment_id: pair.segment.id, end: *end });
    Ok(joins.collect())
}

fn may_leave(id: i64, items: &[Item], state: &Locked) -> Result<Vec<Wish>, Error> {
    match &state.user {
        None => {
            let comment = format!("Operation was canceled. User with id = {id} does not exist");
            return Err(Error::new(Title::UserNotFound, comment, locations::DELETE_USER));
        }
        Some(user) if user.status == Status::Removed => return Err(removed(id, locations::GET_USER)),
        Some(_) => {}
    }
    distinct(items, locations::DELETE_VALIDATION)?;
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let pairs = pairs(&names, state, |name, is_known| {
        let (title, comment) = match is_known {
            false => (
                Title::SegmentNotFound,
                format!("Operation was canceled. Request contains segment {name} which does not exist"),
            ),
            true => (
                Title::SegmentDeleted,
                format!(
                    "Operation was canceled. Request contains segment \"{name}\" which does not exist \
                     (this segment was deleted earlier and was not created again)"
                ),
            ),
        };
        Error::new(title, comment, locations::DELETE_SEGMENT)
    })?;
    not_empty(&pairs, locations::DELETE_VALIDATION)?;
    if let Some(strangers) = listed(&pairs, |pair| !pair.is_member(state.now)) {
        let comment = format!(
            "Operation was canceled. User (id = {id}) does not belong to some segments {strangers} which were given in the request body"
        );
        return Err(Error::new(Title::UserValidation, comment, locations::DELETE_EXCLUSION));
    }
    kept(listed(&pairs, |pair| pair.is_managed(state.now)), locations::DELETE_VALIDATION)?;
    Ok(pairs.iter().map(|pair| Wish::Leave { segment_id: pair.segment.id }).collect())
}

/// The pairs in the order of the list, if all segments are alive. `rejected` is told whether the segment is known.
fn pairs<'a>(
    names: &[&str],
    state: &'a Locked,
    rejected: impl Fn(&str, bool) -> Error,
) -> Result<Vec<&'a Pair>, Error> {
    let alive = names.iter().map(|name| match state.pair(name) {
        Some(pair) if pair.segment.is_alive => Ok(pair),
        other => Err(rejected(name, other.is_some())),
    });
    alive.collect()
}

fn not_empty(pairs: &[&Pair], location: &'static str) -> Result<(), Error> {
    let comment = "Operation was canceled. The list \"segments\" is empty";
    if pairs.is_empty() { Err(Error::new(Title::UserValidation, comment, location)) } else { Ok(()) }
}

/// Segments that no request may change for a user.
fn kept(names: Option<String>, location: &'static str) -> Result<(), Error> {
    names.map_or(Ok(()), |names| {
        let comment = format!("Operation was canceled. Segments {names} are kept by their refresh");
        Err(Error::new(Title::UserValidation, comment, location))
    })
}

/// The names of some of the segments: `[A, B]`. `None`: there are none.
fn listed(pairs: &[&Pair], which: impl Fn(&Pair) -> bool) -> Option<String> {
    let names: Vec<&str> = pairs.iter().filter(|pair| which(pair)).map(|pair| pair.segment.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("[{}]", names.join(", ")))
}
