//! `create-user`, `update-user` and `remove-user`, for development.

use axum::{extract::State, http::StatusCode};

use super::{
    Result,
    body::{Body, user},
    error::Error,
};
use crate::{
    api::Api,
    changes::{Cause, Status},
};

/// `POST /segments/create-user`. A user who is there stays as it is.
pub(super) async fn create(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let guid = body.read(user)?;
    api.changes.create_guid(guid, &cause).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /segments/update-user`
pub(super) async fn update(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let (guid, status) = body.read(|object, errors| {
        let (guid, status) = (user(object, errors), object.text("status", errors).value);
        let status = match status.as_str() {
            "" => Err(Error::validation("the field status is missing")),
            "active" => Ok(Status::Active),
            "excluded" => Ok(Status::Excluded),
            _ => Err(Error::validation("invalid user status")),
        };
        Ok((guid?, status?))
    })?;
    set(&api, guid, status, &cause).await
}

/// `DELETE /segments/remove-user`
pub(super) async fn remove(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let guid = body.read(user)?;
    set(&api, guid, Status::Removed, &cause).await
}

async fn set(api: &Api, guid: uuid::Uuid, status: Status, cause: &Cause) -> Result<StatusCode> {
    let asked = api.changes.next_request().await?;
    match api.changes.set_status(guid, status, asked, false, cause).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::validation("user does not exist")),
    }
}
