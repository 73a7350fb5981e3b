//! Percentages of users: how many, of whom, and for how long. Pure.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::bucket::BUCKETS;

/// A share of the active users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Percent {
    /// Users of the first buckets, each a hundredth of a percent.
    pub buckets: i32,
    /// Only members of these segments. Empty: all users.
    pub include: Vec<String>,
    /// Members of these segments are left out.
    pub exclude: Vec<String>,
    /// Whether one of `include` suffices.
    pub matching: Match,
    /// Whether a user who is in stays, whatever the percentage becomes.
    pub sticky: bool,
}

/// How many segments of `include` a user has to be in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Match {
    /// One.
    #[default]
    Any,
    /// All.
    All,
}

/// Whether a percentage is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Users are added once.
    Snapshot {
        /// How long they stay. `None`: without end.
        time_to_live: Option<Duration>,
    },
    /// The percentage becomes the refresh of the segment.
    Live,
}

/// An assignment of a percentage to a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// Whom.
    pub percent: Percent,
    /// For how long.
    pub mode: Mode,
}

/// Parameters that cannot be used. The text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Assign {
    /// Reads `{percent, include, exclude, match, mode, time_to_live, sticky}`.
    ///
    /// # Errors
    /// A field is missing, unknown or of another type.
    pub fn parse(value: &Value) -> Result<Self, Invalid> {
        let mut fields = object(value)?.clone();
        let time_to_live = fields.remove("time_to_live").as_ref().and_then(given).map(time_to_live).transpose()?;
        let mode = match fields.remove("mode").as_ref().and_then(given).map(Value::as_str) {
            None | Some(Some("snapshot")) => Mode::Snapshot { time_to_live },
            Some(Some("live")) if time_to_live.is_none() => Mode::Live,
            Some(Some("live")) => return Err(invalid("time_to_live is for the mode snapshot only")),
            Some(_) => return Err(invalid("mode is snapshot or live")),
        };
        let percent = Percent::parse(&Value::Object(fields))?;
        if percent.sticky && mode != Mode::Live {
            return Err(invalid("sticky is for the mode live only"));
        }
        Ok(Self { percent, mode })
    }

    /// The same as JSON, for the operation.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut value = self.percent.to_json();
        if let Value::Object(fields) = &mut value {
            let mode = if self.mode == Mode::Live { "live" } else { "snapshot" };
            fields.insert("mode".to_owned(), json!(mode));
            if let Mode::Snapshot { time_to_live: Some(time) } = self.mode {
                fields.insert("time_to_live".to_owned(), json!(time.as_secs()));
            }
        }
        value
    }
}

impl Percent {
    /// Reads `{percent, include, exclude, match, sticky}`.
    ///
    /// # Errors
    /// A field is missing, unknown or of another type.
    pub fn parse(value: &Value) -> Result<Self, Invalid> {
        let fields = object(value)?;
        let mut percent = Self::default();
        let mut has_percent = false;
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "percent" => {
                    let wrong = || invalid("percent is a number from 0 to 100 with two decimals at most");
                    percent.buckets =
                        value.as_number().and_then(|number| buckets(&number.to_string())).ok_or_else(wrong)?;
                    has_percent = true;
                }
                "include" => percent.include = names(name, value)?,
                "exclude" => percent.exclude = names(name, value)?,
                "match" => {
                    percent.matching = match value.as_str() {
                        Some("any") => Match::Any,
                        Some("all") => Match::All,
                        _ => return Err(invalid("match is any or all")),
                    }
                }
                "sticky" => {
                    percent.sticky = value.as_bool().ok_or_else(|| invalid("sticky is true or false"))?;
                }
                _ => return Err(Invalid(format!("the field {name} is unknown"))),
            }
        }
        if has_percent { Ok(percent) } else { Err(invalid("the field percent is missing")) }
    }

    /// A share of all active users.
    #[must_use]
    pub fn of_all(buckets: i32) -> Self {
        Self { buckets, ..Self::default() }
    }

    /// Whether it is computed from the buckets of users alone.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("percent".to_owned(), json!(f64::from(self.buckets) / 100.0));
        for (name, names) in [("include", &self.include), ("exclude", &self.exclude)] {
            if !names.is_empty() {
                fields.insert(name.to_owned(), json!(names));
            }
        }
        if self.matching == Match::All {
            fields.insert("match".to_owned(), json!("all"));
        }
        if self.sticky {
            fields.insert("sticky".to_owned(), json!(true));
        }
        Value::Object(fields)
    }
}

/// The number of buckets of a percentage: a number from 0 to 100 with two decimals at most.
#[must_use]
pub fn buckets(percent: &str) -> Option<i32> {
    let (whole, decimals) = percent.split_once('.').unwrap_or((percent, ""));
    let decimals = decimals.trim_end_matches('0');
    if whole.is_empty()
        || decimals.len() > 2
        || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let buckets = format!("{whole}{decimals:0<2}").parse().ok()?;
    (0..=BUCKETS).contains(&buckets).then_some(buckets)
}

/// The names of segments to include or exclude, without repetitions.
///
/// # Errors
/// It is no list of texts.
pub fn names(field: &str, value: &Value) -> Result<Vec<String>, Invalid> {
    let wrong = || Invalid(format!("{field} is a list of names of segments"));
    let texts: Option<Vec<String>> =
        value.as_array().ok_or_else(wrong)?.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    let mut names = texts.filter(|names| names.iter().all(|name| !name.contains('\0'))).ok_or_else(wrong)?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// A time to live in whole seconds.
///
/// # Errors
/// It is no positive number, or of more than a thousand years.
pub fn time_to_live(value: &Value) -> Result<Duration, Invalid> {
    const MOST: u64 = 1000 * 366 * 86_400;
    let seconds = value.as_u64().filter(|seconds| (1..=MOST).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| invalid("time_to_live is a positive number of seconds"))
}

fn given(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

fn object(value: &Value) -> Result<&Map<String, Value>, Invalid> {
    value.as_object().ok_or_else(|| invalid("it is no object"))
}

fn invalid(text: &str) -> Invalid {
    Invalid(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(buckets(text), Some(expected), "{text}");
        }
        for text in ["-1", "-0.01", "100.01", "0.001", "101", "1e1", "99999999999", "", "+1"] {
            assert_eq!(buckets(text), None, "{text}");
        }
    }

    #[test]
    fn an_assignment_is_read_and_written() {
        let text = r#"{"percent":12.5,"include":["B","A","A"],"exclude":null,"match":"all","time_to_live":60}"#;
        let assign = Assign::parse(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(assign.percent.buckets, 1250);
        assert_eq!(assign.percent.include, ["A", "B"]);
        assert_eq!(assign.mode, Mode::Snapshot { time_to_live: Some(Duration::from_secs(60)) });
        let written = r#"{"include":["A","B"],"match":"all","mode":"snapshot","percent":12.5,"time_to_live":60}"#;
        assert_eq!(assign.to_json(), serde_json::from_str::<Value>(written).unwrap());
        assert_eq!(Assign::parse(&assign.to_json()).unwrap(), assign);
    }

    #[test]
    fn an_assignment_that_cannot_be_used_is_refused_with_the_reason() {
        for (text, expected) in [
            ("[]", "it is no object"),
            ("{}", "the field percent is missing"),
            (r#"{"percent":"10"}"#, "percent is a number from 0 to 100 with two decimals at most"),
            (r#"{"percent":10.001}"#, "percent is a number from 0 to 100 with two decimals at most"),
            (r#"{"percent":10,"of":1}"#, "the field of is unknown"),
            (r#"{"percent":10,"include":"A"}"#, "include is a list of names of segments"),
            (r#"{"percent":10,"match":"some"}"#, "match is any or all"),
            (r#"{"percent":10,"mode":"later"}"#, "mode is snapshot or live"),
            (r#"{"percent":10,"mode":"live","time_to_live":5}"#, "time_to_live is for the mode snapshot only"),
            (r#"{"percent":10,"time_to_live":0}"#, "time_to_live is a positive number of seconds"),
            (r#"{"percent":10,"sticky":true}"#, "sticky is for the mode live only"),
        ] {
            let error = Assign::parse(&serde_json::from_str(text).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
