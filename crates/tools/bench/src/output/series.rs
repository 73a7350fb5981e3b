//! Repeated measurements: median and spread.

use serde::Serialize;

/// Measurements, in the order they were made.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The quantile of this share; 0 without measurements.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(at.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
    }

    /// The median.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        let of = |at: usize| sorted.get(at).copied().unwrap_or_default();
        f64::midpoint(of(low), of(high))
    }

    pub(crate) fn least(&self) -> f64 {
        self.quantile(0.0)
    }

    pub(crate) fn most(&self) -> f64 {
        self.quantile(1.0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_a_quantile_is_one_of_the_values() {
        let odd: Series = [9.0, 1.0, 5.0].into_iter().collect();
        assert_eq!((odd.least(), odd.median(), odd.most()), (1.0, 5.0, 9.0));
        let even: Series = [4.0, 1.0, 2.0, 3.0].into_iter().collect();
        assert_eq!(even.median(), 2.5);
        let hundred: Series = (1..=100).map(f64::from).collect();
        assert_eq!((hundred.quantile(0.5), hundred.quantile(0.99)), (50.0, 99.0));
        assert_eq!(Series::default().median(), 0.0);
    }
}
