//! `/api/v1/users`: create, list, get, with the memberships of now.

use axum::{extract::State, http::StatusCode, response::Response};
use database::{Database, Statement, statement};

use super::{
    body::Body,
    error::{Error, Title},
    json,
    render::{List, Shape, Users, UsersWithSegments},
};
use crate::{
    api::{
        Api, PathPart,
        reads::{self, Render},
    },
    changes::{Cause, NewUser},
    go::number::atoi,
    go::text::Text,
};

const USERS: Statement = statement!("segments/users/stream_users");
const WITH_SEGMENTS: Statement = statement!("segments/users/stream_users_with_segments");

/// The longest name in bytes.
const MAX_NAME: usize = 1000;

/// A user as a request describes one.
struct UserCreateInput {
    name: Text,
    lastname: Text,
    sex: i64,
    age: i64,
}

/// `POST /users`
pub(super) async fn create(State(api): State<Api>, cause: Cause, body: Body) -> Result<Response, Error> {
    let input = body.bind(
        "UserCreateInput",
        Title::UserValidation,
        |object, errors| UserCreateInput {
            name: object.text("name", errors),
            lastname: object.text("lastname", errors),
            sex: object.integer("sex", -1, errors),
            age: object.integer("age", -1, errors),
        },
        |origin| {
            let location = "UserRoutes.create - c.Bind";
            Error::new(Title::UserValidation, "invalid request body", location).caused_by(origin)
        },
    )?;
    let user = validate(input).map_err(|problem| {
        let comment = format!("Invalid request body. {problem}");
        Error::new(Title::UserValidation, comment, "UserRoutes.create - validation")
    })?;
    let id = api.changes.create_user(&user, &cause).await?;
    Ok(json(StatusCode::CREATED, format!("{{\"id\":{id}}}\n")))
}

fn validate(UserCreateInput { name, lastname, sex, age }: UserCreateInput) -> Result<NewUser, String> {
    for (field, text) in [("name", &name), ("lastname", &lastname)] {
        if text.value.is_empty() {
            return Err(format!("Field \"{field}\" cannot be empty"));
        }
        if text.value.len() > MAX_NAME {
            return Err(format!("Length of the field \"{field}\" cannot be over 1.000 symbols"));
        }
        if !text.is_storable {
            return Err(format!("Field \"{field}\" has a character that cannot be stored"));
        }
    }
    let sex = match sex {
        -1 => return Err("Required field \"sex\" was not provided".to_owned()),
        0 => 0,
        1 => 1,
        _ => return Err("Field \"sex\" must equals to 0 (man) or 1 (woman)".to_owned()),
    };
    let age = match (age, i32::try_from(age)) {
        (-1, _) => return Err("Required field \"age\" was not provided".to_owned()),
        (_, Ok(age)) if age >= 1 => age,
        _ => return Err("Field \"age\" must be positive integer number".to_owned()),
    };
    Ok(NewUser { name: name.value, lastname: lastname.value, sex, age })
}

/// `GET /users`
pub(super) async fn list(State(api): State<Api>) -> Result<Response, Error> {
    all(&api.database, &USERS, Users(List::new(Shape::List("users")))).await
}

/// `GET /users/withSegments`
pub(super) async fn list_with_segments(State(api): State<Api>) -> Result<Response, Error> {
    all(&api.database, &WITH_SEGMENTS, UsersWithSegments::new(Shape::List("users"), api.zone)).await
}

async fn all(database: &Database, statement: &Statement, render: impl Render) -> Result<Response, Error> {
    Ok(json(StatusCode::OK, reads::stream(database, statement, &[&None::<i32>], render).await?))
}

/// `GET /users/{id}`
pub(super) async fn get(State(api): State<Api>, PathPart(id): PathPart<3>) -> Result<Response, Error> {
    let location = "UserService.GetUserByID - us.userRepository.GetUserByID";
    let render = Users(List::new(Shape::One("user")));
    one(&api.database, &id, &USERS, render, location).await
}

/// `GET /users/{id}/withSegments`
pub(super) async fn get_with_segments(State(api): State<Api>, PathPart(id): PathPart<3>) -> Result<Response, Error> {
    let location = "UserService.GetUserWithSegmentsByUserID - us.userRepository.GetUserByID";
    let render = UsersWithSegments::new(Shape::One("user"), api.zone);
    one(&api.database, &id, &WITH_SEGMENTS, render, location).await
}

/// A user. `deleted` is the location of the error of a removed one.
async fn one(
    database: &Database,
    id: &str,
    statement: &Statement,
    render: impl Render,
    deleted: &'static str,
) -> Result<Response, Error> {
    let id = atoi(id).map_err(|origin| {
        let comment = "Invalid \"id\" path-param value. \"id\" should be integer";
        Error::new(Title::UserValidation, comment, "UserRoutes.getByID - strconv.Atoi").caused_by(origin)
    })?;
    let unknown =
        || Error::new(Title::UserNotFound, format!("User with id {id} not found"), "UserRepository.GetUserByID");
    let number = i32::try_from(id).map_err(|_| unknown())?;
    let rows = database.read(statement, &[&Some(number)]).await?;
    let first = rows.first().ok_or_else(unknown)?;
    if database::get(first, 5)? {
        return Err(removed(id, deleted));
    }
    Ok(json(StatusCode::OK, reads::render(&rows, render)?))
}

/// The error of a removed user.
pub(super) fn removed(id: i64, location: &'static str) -> Error {
    Error::new(Title::UserDeleted, format!("User with id {id} is deleted"), location)
}
