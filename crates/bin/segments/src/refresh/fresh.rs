//! Whether the sources of a segment are fresh. Pure.

/// How old a source may be, and how old it is. All in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    /// The name of the source.
    pub name: String,
    /// The time since it was loaded. `None`: it never was.
    pub seconds: Option<i64>,
    /// From this age on it is warned.
    pub warn_after: Option<i64>,
    /// From this age on it is stale.
    pub error_after: Option<i64>,
}

/// The result for all sources of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// All are fresh enough. The text warns of those that are nearly stale.
    Fresh(Option<String>),
    /// One is stale. The text does not change while it stays so.
    Stale(String),
}

/// Judges the sources of a segment.
#[must_use]
pub fn judge(ages: &[Age]) -> Freshness {
    let is_older = |age: &Age, limit: Option<i64>| limit.is_some_and(|limit| age.seconds.is_none_or(|old| old > limit));
    let named = |age: &Age, limit: Option<i64>| match (age.seconds, limit) {
        (Some(_), Some(limit)) => format!("source {} was loaded more than {limit} s ago", age.name),
        _ => format!("source {} was never loaded", age.name),
    };
    if let Some(age) = ages.iter().find(|age| is_older(age, age.error_after)) {
        return Freshness::Stale(named(age, age.error_after));
    }
    let warnings = ages.iter().filter(|age| is_older(age, age.warn_after));
    let warnings: Vec<String> = warnings.map(|age| named(age, age.warn_after)).collect();
    Freshness::Fresh((!warnings.is_empty()).then(|| warnings.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(seconds: Option<i64>) -> Age {
        Age { name: "orders".to_owned(), seconds, warn_after: Some(60), error_after: Some(120) }
    }

    #[test]
    fn a_source_is_warned_and_then_stale() {
        assert_eq!(judge(&[]), Freshness::Fresh(None));
        assert_eq!(judge(&[age(Some(60))]), Freshness::Fresh(None));
        let warning = "source orders was loaded more than 60 s ago".to_owned();
        assert_eq!(judge(&[age(Some(61))]), Freshness::Fresh(Some(warning)));
        let stale = Freshness::Stale("source orders was loaded more than 120 s ago".to_owned());
        assert_eq!(judge(&[age(Some(0)), age(Some(121))]), stale);
        assert_eq!(judge(&[age(None)]), Freshness::Stale("source orders was never loaded".to_owned()));
        let unlimited = Age { warn_after: None, error_after: None, ..age(None) };
        assert_eq!(judge(&[unlimited]), Freshness::Fresh(None));
    }
}
