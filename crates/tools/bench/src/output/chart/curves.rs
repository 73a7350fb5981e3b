//! Curves of the chart, computed from measurements.

use crate::output::series::Series;
use crate::scenario::drain::Course;

/// A rate is an average over this fraction of the drain, and over at least half a second, because commits come in
/// batches.
const SMOOTH: f64 = 1.0 / 40.0;
const LEAST: f64 = 0.5;

/// Orders a second of each layer. A layer's records are not orders (the last one has a record for each user of a batch):
/// each counts as the same fraction of an order.
pub(super) fn rates(course: &Course, orders: u64) -> Vec<Vec<(f64, f64)>> {
    let Some((end, last)) = course.last() else { return Vec::new() };
    let window = (end * SMOOTH).max(LEAST);
    let rates = |layer: usize| {
        let done = |readings: &[workload::watch::StageProgress]| {
            let processed = readings.get(layer).map_or(0, |reading| reading.processed);
            processed as f64 * orders as f64 / last[layer].total.max(1) as f64
        };
        let (mut points, mut since) = (vec![(0.0, 0.0)], (0.0, 0.0));
        for (at, readings) in course {
            if at - since.0 >= window || at == end {
                let now = done(readings);
                points.push((f64::midpoint(since.0, *at), (now - since.1) / (at - since.0).max(f64::EPSILON)));
                since = (*at, now);
            }
        }
        points.push((*end, 0.0));
        points
    };
    (0..last.len()).map(rates).collect()
}

/// A quantile of the latencies of each second.
pub(super) fn quantiles(latencies: &[(f64, f64)], share: f64) -> Vec<(f64, f64)> {
    let mut seconds: Vec<Series> = Vec::new();
    for (at, took) in latencies {
        let second = *at as usize;
        if seconds.len() <= second {
            seconds.resize(second + 1, Series::default());
        }
        seconds[second].push(*took);
    }
    let known = seconds.iter().enumerate().filter(|(_, series)| !series.is_empty());
    known.map(|(second, series)| (second as f64 + 0.5, series.quantile(share))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use workload::watch::StageProgress;

    #[test]
    fn a_rate_counts_orders_and_not_records() {
        // Two layers, of 100 and of 10 records, both done with 50 orders a second.
        let look = |at: f64| {
            let processed = |total: u64| (at / 2.0 * total as f64) as u64;
            let reading = |total| StageProgress { processed: processed(total), total };
            (at, vec![reading(100), reading(10)])
        };
        let rates = rates(&(0..=4).map(|half| look(f64::from(half) / 2.0)).collect(), 100);
        assert_eq!(rates.len(), 2);
        assert_eq!(rates[0][1], (0.25, 50.0));
        assert!((rates[1][1].1 - 50.0).abs() <= 20.0);
        assert_eq!(rates[1].last(), Some(&(2.0, 0.0)));
    }

    #[test]
    fn a_second_without_orders_has_no_latency() {
        let latencies = [(0.1, 3.0), (0.2, 9.0), (0.9, 5.0), (2.5, 7.0)];
        assert_eq!(quantiles(&latencies, 0.5), [(0.5, 5.0), (2.5, 7.0)]);
        assert_eq!(quantiles(&latencies, 1.0), [(0.5, 9.0), (2.5, 7.0)]);
    }
}
