//! Dashboards as code: the specification `dashboards/orders.toml`, and what is made of it.

mod file;
pub mod spec;
pub mod sql;

pub use spec::Spec;

/// The specification as text, as it was when this crate was compiled.
const ORDERS: &str = include_str!("../../../dashboards/orders.toml");

/// The dashboards of this release.
///
/// # Errors
/// Never in a release: a test reads the same text.
pub fn orders() -> Result<Spec, Error> {
    Spec::parse(ORDERS)
}

/// Why a specification is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML, or not of the right form.
    #[error("the specification cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("{place}: {problem}")]
    Sense {
        /// The id of the chart, selector or tab.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    /// What is wrong, and where.
    pub(crate) fn sense(place: &str, problem: impl Into<String>) -> Self {
        Self::Sense { place: place.to_owned(), problem: problem.into() }
    }
}
