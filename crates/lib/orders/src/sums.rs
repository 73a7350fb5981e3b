//! Checks of sums: the lines of one product become one row later, and their sums must fit its columns.

use std::collections::HashMap;

use crate::{Amount, Malformed, Money};

/// Rejects lines (product, pieces, price of one) whose sums exceed `quantity bigint` or `amount numeric(38,5)`. The
/// first service checks this, so that the dead letter is the record of the order system, and not a message of STG.
pub(crate) fn check<'a>(list: &str, lines: impl IntoIterator<Item = (&'a str, i64, Money)>) -> Result<(), Malformed> {
    let mut sums = HashMap::<&str, (i64, Amount)>::new();
    for (at, (product, quantity, price)) in lines.into_iter().enumerate() {
        let sum = sums.entry(product).or_default();
        let larger = sum.0.checked_add(quantity).zip(sum.1.plus(price.times(quantity)));
        *sum = larger.ok_or_else(|| {
            let problem = "adds up with the other lines of its product to more than the column can hold";
            Malformed::new("out-of-range", format!("{list}[{at}] {problem}"))
        })?;
    }
    Ok(())
}
