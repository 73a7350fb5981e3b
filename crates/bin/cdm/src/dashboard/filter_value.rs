//! The value of a selector of the dashboard.

use database::Parameter;
use jiff::civil::Date;

/// Maximum length of a text in bytes: 255 characters of 4 bytes.
pub(super) const LONGEST_VALUE: usize = 4 * 255;

/// Value of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FilterValue {
    /// One of these texts.
    Texts(Vec<String>),
    /// Days from the first to the last, inclusive.
    Days(Date, Date),
}

impl FilterValue {
    /// The value as parameters of a query.
    pub(super) fn parameters(&self) -> Vec<&dyn Parameter> {
        match self {
            Self::Texts(texts) => vec![texts],
            Self::Days(first, last) => vec![first, last],
        }
    }
}
