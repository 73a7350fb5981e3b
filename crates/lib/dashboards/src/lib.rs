//! Dashboards as code: the specification `dashboards/orders.toml`, and what is made of it.

pub mod spec;
mod file;
pub mod sql;
pub mod layout;
pub mod datalens;
pub mod grafana;

pub use spec::Spec;

/// The specification as text, as it was when this crate was compiled.
const ORDERS: &str = include_str!("../../../../dashboards/orders.toml");

/// The panels for operators, as text.
const METRICS: &str = include_str!("../../../../dashboards/metrics.toml");

/// The dashboards of this release.
///
/// # Errors
/// Never in a release: a test reads the same text.
pub fn orders() -> Result<Spec, Error> {
    Spec::parse(ORDERS)
}

/// The panels for operators.
///
/// # Errors
/// Never in a release, as with [`orders`].
pub fn metrics() -> Result<grafana::Metrics, Error> {
    grafana::Metrics::parse(METRICS)
}

/// The files that are made of the specification, by name; they are committed beside it.
///
/// # Errors
/// Never in a release, as with [`orders`].
pub fn files() -> Result<Vec<(&'static str, String)>, Error> {
    let spec = orders()?;
    Ok(vec![
        ("tagmill.datalens.json", pretty(&datalens::workbook(&spec))),
        ("tagmill.datalens-sdk.json", pretty(&datalens::snapshots(&spec))),
        ("tagmill.grafana.json", pretty(&metrics()?.dashboard())),
    ])
}

/// For people who compare two versions: indented, keys in alphabetical order.
fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
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
