//! The report of `check`.

use crate::Finding;

/// The findings, printed as they come.
#[derive(Debug)]
pub struct Report {
    pub(super) is_good: bool,
}

impl Report {
    /// Prints findings.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            println!("{finding}");
            self.is_good &= finding.verdict.is_ok();
        }
    }
}
