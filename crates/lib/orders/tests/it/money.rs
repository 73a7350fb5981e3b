//! Money: from the text of a number to the text of a column and back.

use orders::{Amount, Money, event};
use proptest::prelude::*;

use crate::samples::{self, parse, with};

fn read(text: &str) -> Money {
    let message = with(samples::event(), "/payload/cost", parse(text)).to_string();
    event::read(Some(message.as_bytes()), None).unwrap().cost
}

/// A number with this many decimal places.
fn decimal(digits: u128, places: usize) -> String {
    let unit = 10_u128.pow(u32::try_from(places).unwrap());
    format!("{}.{:0places$}", digits / unit, digits % unit)
}

proptest! {
    #[test]
    fn money_survives_a_round_trip_through_text(hundred_thousandths in 0..10_u128.pow(19)) {
        let money = read(&decimal(hundred_thousandths, 5));
        let text = money.to_string();
        prop_assert_eq!(read(&text), money);
        prop_assert_eq!(serde_json::to_string(&money).unwrap(), text.as_str());
        prop_assert_eq!(Amount::read(&text), Some(money.into()));
        prop_assert_eq!(Amount::read(&decimal(hundred_thousandths, 5)), Some(money.into()));
    }

    #[test]
    fn money_is_rounded_half_away_from_zero(digits in 0..10_u128.pow(21)) {
        let rounded = (digits + 500) / 1000;
        prop_assert_eq!(read(&decimal(digits, 8)), read(&decimal(rounded, 5)), "{}", decimal(digits, 8));
    }

    #[test]
    fn a_price_times_a_quantity_equals_the_repeated_sum(price in 0..10_u128.pow(19), quantity in 1..20_i64) {
        let price = read(&decimal(price, 5));
        let sum = (0..quantity).try_fold(Amount::default(), |sum, _| sum.plus(price.into()));
        prop_assert_eq!(sum, Some(price.times(quantity)));
    }

    #[test]
    fn money_is_ordered_as_its_numbers(a in 0..10_u128.pow(19), b in 0..10_u128.pow(19)) {
        prop_assert_eq!(read(&decimal(a, 5)).cmp(&read(&decimal(b, 5))), a.cmp(&b));
    }
}
