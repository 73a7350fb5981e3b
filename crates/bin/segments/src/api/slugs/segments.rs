//! `create` and `remove` of segments.

use axum::{extract::State, http::StatusCode};

use super::{
    Result,
    body::{Body, slug},
    error::Error,
};
use crate::{
    api::Api,
    bucket::BUCKETS,
    changes::{self, AlreadyExists, Cause},
};

/// `POST /segments/create`
pub(super) async fn create(State(api): State<Api>, cause: Cause, body: Body) -> Result<StatusCode> {
    let (name, buckets) = body.read(|object, errors| {
        let name = slug(object, "slug", errors)?;
        for field in ["include", "exclude", "time_to_live"] {
            if object.raw(field).is_some() {
                return Err(Error::validation(format!("the field {field} is not supported")));
            }
        }
        Ok((name, buckets(object.raw("percentToFill"))?))
    })?;
    let created = api.changes.create_segment(&name, buckets, &cause).await;
    created.map_err(|error| match error {
        changes::Error::Failure(failure) => failure.into(),
        changes::Error::Rejected(AlreadyExists) => {
            Error::validation(format!("the slug is already in use; used slugs: {name}"))
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// The number of buckets of a percentage of at most two decimals.
fn buckets(percent: Option<&str>) -> Result<i32> {
    let percent = percent.ok_or_else(|| Error::validation("the field percentToFill is missing"))?;
    if !percent.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') {
        return Err(Error::parse("the field percentToFill is no number"));
    }
    let wrong = || Error::validation("percentToFill has to be from 0 to 100, with two decimals at most");
    let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 2 {
        return Err(wrong());
    }
    let text = format!("{whole}{decimals:0<2}");
    let buckets = text.parse().map_err(|_| wrong())?;
    if (0..=BUCKETS).contains(&buckets) { Ok(buckets) } else { Err(wrong()) }
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
