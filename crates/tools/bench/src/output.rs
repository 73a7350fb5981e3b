//! Output of a run: figures, tables, charts, the report.

pub(crate) mod figures;
pub(crate) mod progress;
pub(crate) mod series;
pub(crate) mod report;
pub(crate) mod chart;
pub(crate) mod table;
pub(crate) mod bars;
