//! `create` and `remove` of segments.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use serde_json::Value;

use super::{
    Result,
    body::{Body, slug},
    error::Error,
};
use crate::{
    api::Api,
    changes::{self, CannotCreate, Cause},
    go::bind::Object,
    percent::{self, Percent},
};

/// `POST /segments/create`
pub(super) async fn create(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let (name, percent, time_to_live) = body.read(|object, errors| {
        let name = slug(object, "slug", errors)?;
        let (percent, time_to_live) = share(object)?;
        Ok((name, percent, time_to_live))
    })?;
    let created = api.changes.create_filled_segment(&name, &percent, time_to_live, &cause).await;
    created.map_err(|error| match error {
        changes::Error::Failure(failure) => failure.into(),
        changes::Error::Rejected(CannotCreate::AlreadyExists) => {
            Error::validation(format!("the slug is already in use; used slugs: {name}"))
        }
        changes::Error::Rejected(CannotCreate::Filters(missing)) => {
            Error::validation(format!("segment does not exist; missed segments: {}", missing.join(", ")))
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is added, and for how long: a snapshot.
fn share(object: &Object<'_>) -> Result<(Percent, Option<Duration>)> {
    let value = |field| {
        let value = object.raw(field).map(serde_json::from_str::<Value>).transpose();
        value.map_err(|_| Error::parse(format!("the field {field} cannot be read")))
    };
    let names = |field| {
        let names = value(field)?.map(|value| percent::names(field, &value)).transpose();
        Ok::<_, Error>(names.map_err(|error| Error::parse(error.to_string()))?.unwrap_or_default())
    };
    let time_to_live = value("time_to_live")?.map(|value| percent::time_to_live(&value)).transpose();
    let time_to_live = time_to_live.map_err(|error| Error::validation(error.to_string()))?;
    let percent = Percent {
        include: names("include")?,
        exclude: names("exclude")?,
        ..Percent::of_all(buckets(object.raw("percentToFill"))?)
    };
    Ok((percent, time_to_live))
}

/// The number of buckets of a percentage of at most two decimals.
fn buckets(percent: Option<&str>) -> Result<i32> {
    let percent = percent.ok_or_else(|| Error::validation("the field percentToFill is missing"))?;
    if !percent.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') {
        return Err(Error::parse("the field percentToFill is no number"));
    }
    let wrong = || Error::validation("percentToFill has to be from 0 to 100, with two decimals at most");
    percent::buckets(percent).ok_or_else(wrong)
}

/// `DELETE /segments/remove`
pub(super) async fn remove(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let name = body.read(|object, errors| slug(object, "slug", errors))?;
    match api.changes.delete_segment(&name, &cause).await {
        // Whether there was one does not matter.
        Ok(()) | Err(changes::Error::Rejected(_)) => Ok(StatusCode::NO_CONTENT),
        Err(changes::Error::Failure(failure)) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::buckets;

    #[test]
    fn percentages_have_two_decimals() {
        for (text, expected) in [
            ("0", 0),
            ("100", 10_000),
            ("57", 5700),
            ("0.01", 1),
            ("12.3", 1230),
            ("12.3400", 1234),
            ("100.00", 10_000),
        ] {
            assert_eq!(buckets(Some(text)).unwrap(), expected, "{text}");
        }
        for text in ["-1", "-0.01", "100.01", "0.001", "101", "1e1", "99999999999"] {
            assert!(buckets(Some(text)).is_err(), "{text}");
        }
        assert!(buckets(None).is_err());
    }
}
