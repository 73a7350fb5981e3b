//! Order times: a week with a lunch and a dinner peak each day.

use jiff::ToSpan;
use jiff::civil::DateTime;

use super::draw::Weights;

/// Hours of the history; a week shows every weekday once.
const HOURS: i64 = 7 * 24;

/// Orders of an hour of the day, relative to the others.
const HOUR: [u64; 24] = [3, 1, 1, 1, 1, 1, 2, 4, 6, 7, 9, 14, 22, 24, 16, 9, 8, 11, 19, 26, 25, 18, 10, 5];

/// Orders of a weekday, from Monday, relative to the others.
const DAY: [u64; 7] = [10, 10, 10, 11, 14, 15, 12];

/// Seconds an hour has: the resolution of the history.
const SECONDS: u64 = 3600;

/// Spreads orders over the week by the rhythm of its hours.
#[derive(Debug)]
pub(super) struct Calendar {
    start: DateTime,
    hours: Weights,
}

impl Calendar {
    pub(super) fn new(start: DateTime) -> Self {
        let hours = (0..HOURS).map(|hour| weight(start.saturating_add(hour.hours())) * SECONDS);
        Self { start, hours: Weights::new(hours) }
    }

    /// Start time of the order with this number, of a total number of orders. Never earlier than that of the previous
    /// one.
    pub(super) fn moment(&self, number: u64, of: u64) -> DateTime {
        let middle = u128::from(self.hours.total()) * (2 * u128::from(number) + 1) / (2 * u128::from(of.max(1)));
        let (hour, into) = self.hours.locate(u64::try_from(middle).unwrap_or(u64::MAX));
        let begin = self.start.saturating_add((hour as i64).hours());
        begin.saturating_add(((into / weight(begin)) as i64).seconds())
    }
}

fn weight(hour: DateTime) -> u64 {
    DAY[hour.weekday().to_monday_zero_offset() as usize] * HOUR[hour.hour() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_week_is_filled_in_order_and_peaks_at_dinner() {
        let start = date(2025, 3, 3).at(0, 0, 0, 0);
        let calendar = Calendar::new(start);
        let moments: Vec<_> = (0..10_000).map(|number| calendar.moment(number, 10_000)).collect();
        assert!(moments.is_sorted());
        assert!(moments[0] >= start && moments[9_999] < start.saturating_add(7.days()));
        let at = |hour| moments.iter().filter(|moment| moment.hour() == hour).count();
        assert!(at(19) > 10 * at(3));
        assert!(at(13) > 2 * at(16));
    }
}
