//! Lines of one dish become one row further on: their sums must fit its columns.

use std::collections::HashMap;

use crate::{Amount, Malformed, Money};

/// Refuses lines (dish, pieces, price of one) that add up to more than `quantity bigint` or `amount numeric(38,5)` holds:
/// told by the first service, it is the order system's record that becomes the dead letter, and not a message of ours.
pub(crate) fn check<'a>(list: &str, lines: impl IntoIterator<Item = (&'a str, i64, Money)>) -> Result<(), Malformed> {
    let mut sums = HashMap::<&str, (i64, Amount)>::new();
    for (at, (dish, quantity, price)) in lines.into_iter().enumerate() {
        let sum = sums.entry(dish).or_default();
        let larger = sum.0.checked_add(quantity).zip(sum.1.plus(price.times(quantity)));
        *sum = larger.ok_or_else(|| {
            let problem = "adds up with the other lines of its dish to more than the column can hold";
            Malformed::new("out-of-range", format!("{list}[{at}] {problem}"))
        })?;
    }
    Ok(())
}
