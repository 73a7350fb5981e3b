//! Dashboards as code: the specification `dashboards/orders.toml`, and the files generated from it for DataLens and
//! Grafana.

pub mod spec;
mod file;
pub mod sql;
pub mod layout;
pub mod datalens;
pub mod grafana;

pub use spec::Spec;

/// The text of the specification, as compiled in.
const ORDERS: &str = include_str!("../../../../dashboards/orders.toml");

/// The text of the panels for operators.
const METRICS: &str = include_str!("../../../../dashboards/metrics.toml");

/// The dashboards of this release.
///
/// # Errors
/// Never in a release: a test parses the same text.
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

/// The generated files, by name. They are committed beside the specification.
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

/// Indented, with keys in alphabetical order, so that two versions can be compared.
fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Why a specification is not valid.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not TOML, or not of the right form.
    #[error("the specification cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("{place}: {problem}")]
    Sense {
        /// The id of the chart, selector or tab.
        place: String,
        /// The error.
        problem: String,
    },
}

impl Error {
    /// An error at this place.
    pub(crate) fn sense(place: &str, problem: impl Into<String>) -> Self {
        Self::Sense { place: place.to_owned(), problem: problem.into() }
    }
}
