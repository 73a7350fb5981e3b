//! Resident memory of the services, as measured by the kernel.

use std::collections::BTreeMap;

use harness::{Layer, Process};

/// Samples of one service over a run, in MiB.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    samples: BTreeMap<Layer, Vec<f64>>,
    peaks: BTreeMap<Layer, f64>,
}

/// Statistics of a series of samples.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Figures {
    /// The most that any process ever held.
    pub(crate) peak_mib: f64,
    /// The median of the first quarter of the run, and of the last: memory that leaks is different in the two.
    pub(crate) first_quarter_mib: f64,
    pub(crate) last_quarter_mib: f64,
}

impl Memory {
    /// Records the current memory of a process.
    pub(crate) async fn sample(&mut self, layer: Layer, process: &Process) {
        let Some(id) = process.id().await else { return };
        let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) else { return };
        if let Some(resident) = field(&status, "VmRSS:") {
            self.samples.entry(layer).or_default().push(resident);
        }
        if let Some(peak) = field(&status, "VmHWM:") {
            let highest = self.peaks.entry(layer).or_default();
            *highest = highest.max(peak);
        }
    }

    pub(crate) fn figures(&self) -> BTreeMap<Layer, Figures> {
        let figures = |(layer, samples): (&Layer, &Vec<f64>)| {
            let quarter = samples.len().div_ceil(4);
            let figures = Figures {
                peak_mib: self.peaks.get(layer).copied().unwrap_or_default(),
                first_quarter_mib: median(&samples[..quarter]),
                last_quarter_mib: median(&samples[samples.len() - quarter..]),
            };
            (*layer, figures)
        };
        self.samples.iter().map(figures).collect()
    }
}

/// `VmRSS:    12345 kB`, in MiB with one decimal.
fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u32 = line.split_whitespace().next()?.parse().ok()?;
    Some((f64::from(kibibytes) / 102.4).round() / 10.0)
}

/// The middle of some numbers; 0 of none.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_read_and_the_median_is_the_middle() {
        assert_eq!(field("VmPeak:\t 1 kB\nVmRSS:\t   20480 kB\n", "VmRSS:"), Some(20.0));
        assert_eq!(field("VmPeak:\t 1 kB\n", "VmRSS:"), None);
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&[]), 0.0);
    }
}
