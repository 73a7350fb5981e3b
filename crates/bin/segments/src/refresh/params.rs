//! `refresh_params`: how the members of a segment are found. Pure.

use serde_json::Value;

use crate::percent::{self, Percent};

/// How the members are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Params {
    /// The rows of one SELECT.
    Query(Sql),
    /// After a CALL, rows of the table of the segment.
    Procedure(Sql),
    /// A share of the users.
    Percent(Percent),
    /// The users with a tag.
    Tag(String),
}

/// SQL of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// One statement.
    pub sql: String,
    /// How many members may leave in one refresh. `None`: half of at least a thousand.
    pub max_leavers: Option<i64>,
}

/// Parameters that cannot be used. The text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refresh_params: {0}")]
pub struct Invalid(String);

impl Params {
    /// Reads an object with exactly one of the keys `query`, `procedure`, `percent` and `tag`.
    ///
    /// # Errors
    /// It has another key or another form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |text: &str| Invalid(text.to_owned());
        let value: Value = serde_json::from_str(text).map_err(|_| invalid("it is no JSON"))?;
        let fields = value.as_object().filter(|fields| fields.len() == 1);
        let Some((key, value)) = fields.and_then(|fields| fields.iter().next()) else {
            return Err(invalid("it has exactly one of the keys query, procedure, percent, tag"));
        };
        match key.as_str() {
            "query" => Ok(Self::Query(sql(key, value)?)),
            "procedure" => {
                let sql = sql(key, value)?;
                let is_call = sql.sql.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("call "));
                if is_call { Ok(Self::Procedure(sql)) } else { Err(invalid("the sql of procedure begins with CALL")) }
            }
            "percent" => Percent::parse(value).map(Self::Percent).map_err(|percent::Invalid(text)| Invalid(text)),
            "tag" => {
                let tag = value.get("tag").and_then(Value::as_str).filter(|tag| !tag.is_empty());
                tag.map(|tag| Self::Tag(tag.to_owned())).ok_or_else(|| invalid("tag is {\"tag\": text}"))
            }
            _ => Err(Invalid(format!("the key {key} is none of query, procedure, percent, tag"))),
        }
    }

    /// Whether it runs SQL of people.
    #[must_use]
    pub const fn has_sql(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Procedure(_))
    }

    /// How many members may leave in one refresh, if it says so.
    #[must_use]
    pub const fn max_leavers(&self) -> Option<i64> {
        match self {
            Self::Query(sql) | Self::Procedure(sql) => sql.max_leavers,
            Self::Percent(_) | Self::Tag(_) => None,
        }
    }

    /// Its key.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Query(_) => "query",
            Self::Procedure(_) => "procedure",
            Self::Percent(_) => "percent",
            Self::Tag(_) => "tag",
        }
    }
}

fn sql(key: &str, value: &Value) -> Result<Sql, Invalid> {
    let invalid = |text: String| Err(Invalid(text));
    let Some(fields) = value.as_object() else { return invalid(format!("{key} is {{\"sql\": text}}")) };
    if let Some(field) = fields.keys().find(|field| !matches!(field.as_str(), "sql" | "max_leavers")) {
        return invalid(format!("the field {field} of {key} is unknown"));
    }
    let text = fields.get("sql").and_then(Value::as_str).map(trim).unwrap_or_default();
    if text.is_empty() || text.contains('\0') {
        return invalid(format!("{key} is {{\"sql\": text}}"));
    }
    let max_leavers = match fields.get("max_leavers").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => match value.as_i64().filter(|number| *number >= 0) {
            Some(number) => Some(number),
            None => return invalid("max_leavers is a whole number, 0 or more".to_owned()),
        },
    };
    Ok(Sql { sql: text.to_owned(), max_leavers })
}

/// The statement without white space and semicolons at its end, so that it can stand in parentheses.
fn trim(text: &str) -> &str {
    text.trim_start().trim_end_matches(|letter: char| letter.is_whitespace() || letter == ';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_refresh_params_is_parsed() {
        let query = Params::parse(r#"{"query":{"sql":" SELECT 1 ; \n","max_leavers":5}}"#).unwrap();
        assert_eq!(query, Params::Query(Sql { sql: "SELECT 1".to_owned(), max_leavers: Some(5) }));
        assert!(matches!(Params::parse(r#"{"procedure":{"sql":"call p()"}}"#), Ok(Params::Procedure(_))));
        assert_eq!(Params::parse(r#"{"percent":{"percent":10}}"#), Ok(Params::Percent(Percent::of_all(1000))));
        assert_eq!(Params::parse(r#"{"tag":{"tag":"Любитель пиццы"}}"#), Ok(Params::Tag("Любитель пиццы".to_owned())));
    }

    #[test]
    fn parameters_that_cannot_be_used_are_refused_with_the_reason() {
        for (text, expected) in [
            ("", "it is no JSON"),
            ("[]", "it has exactly one of the keys query, procedure, percent, tag"),
            (r#"{"tag":{"tag":"A"},"query":{"sql":"SELECT 1"}}"#, "it has exactly one of the keys query, "),
            (r#"{"sql":"SELECT 1"}"#, "the key sql is none of query, procedure, percent, tag"),
            (r#"{"query":"SELECT 1"}"#, r#"query is {"sql": text}"#),
            (r#"{"query":{"sql":" ;"}}"#, r#"query is {"sql": text}"#),
            (r#"{"query":{"sql":"SELECT 1","as":2}}"#, "the field as of query is unknown"),
            (r#"{"query":{"sql":"SELECT 1","max_leavers":-1}}"#, "max_leavers is a whole number, 0 or more"),
            (r#"{"procedure":{"sql":"SELECT 1"}}"#, "the sql of procedure begins with CALL"),
            (r#"{"percent":{"percent":101}}"#, "percent is a number from 0 to 100 with two decimals at most"),
            (r#"{"tag":{}}"#, r#"tag is {"tag": text}"#),
        ] {
            let error = Params::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("refresh_params: {expected}")), "{text}: {error}");
        }
    }
}
