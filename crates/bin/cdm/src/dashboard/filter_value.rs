//! The value of a selector of the dashboard.

use database::Parameter;
use jiff::civil::Date;

/// What a selector is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FilterValue {
    /// Any of these.
    Texts(Vec<String>),
    /// From the first to the last, both included.
    Days(Date, Date),
}

impl FilterValue {
    /// As the parameters of a query.
    pub(super) fn parameters(&self) -> Vec<&dyn Parameter> {
        match self {
            Self::Texts(texts) => vec![texts],
            Self::Days(first, last) => vec![first, last],
        }
    }
}
