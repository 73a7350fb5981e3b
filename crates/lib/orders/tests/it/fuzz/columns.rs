//! The limits of PostgreSQL's columns, written again independently of the code.

use orders::{Amount, Counter, Counters, Enriched, Money, UtcMicros, event::Event};
use proptest::{prelude::*, test_runner::TestCaseError};

/// A text of at least one character and, where it is a key of an index, at most 255.
fn check_text(text: &str, is_key: bool) -> Result<(), TestCaseError> {
    prop_assert!(!text.is_empty() && !text.contains('\0'), "{text:?}");
    prop_assert!(!is_key || text.chars().count() <= 255, "{text:?} is a key");
    Ok(())
}

/// `numeric(19,5)`, not below 0.
fn check_money(money: Money) -> Result<(), TestCaseError> {
    check_decimal(&money.to_string(), 14)
}

fn check_decimal(text: &str, whole_digits: usize) -> Result<(), TestCaseError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    prop_assert!(!whole.is_empty() && whole.len() <= whole_digits && fraction.len() <= 5, "{text}");
    prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{text}");
    Ok(())
}

/// `timestamp`, with room to add microseconds, and not the last day, which the driver cannot encode.
fn check_moment(moment: UtcMicros) -> Result<(), TestCaseError> {
    let year = moment.civil().year();
    prop_assert!((0..=9998).contains(&year) && moment.civil().subsec_nanosecond() % 1000 == 0, "{moment}");
    Ok(())
}

/// `quantity bigint` and `amount numeric(38,5)` of the lines that become one row.
fn check_sums<'a>(lines: impl Iterator<Item = (&'a str, i64, Money)>) -> Result<(), TestCaseError> {
    let lines: Vec<_> = lines.collect();
    for (product, ..) in &lines {
        let mine = lines.iter().copied().filter(|(other, ..)| other == product);
        let (quantity, amount) = mine.fold((0_i128, Amount::default()), |(pieces, amount), (_, quantity, price)| {
            (pieces + i128::from(quantity), amount.plus(price.times(quantity)).unwrap())
        });
        prop_assert!(i64::try_from(quantity).is_ok(), "{quantity} pieces");
        check_decimal(&amount.to_string(), 33)?;
    }
    Ok(())
}

pub(crate) fn check_event(event: &Event) -> Result<(), TestCaseError> {
    prop_assert!(event.object_id >= 0);
    check_text(&event.user_id, true)?;
    check_text(&event.restaurant_id, true)?;
    check_moment(event.sent_at)?;
    check_moment(event.date)?;
    check_money(event.cost)?;
    check_money(event.payment)?;
    prop_assert!(event.version.as_str().len() == 91, "{:?}", event.version);
    for item in &event.items {
        check_text(&item.id, true)?;
        check_text(&item.name, false)?;
        check_money(item.price)?;
        prop_assert!(item.quantity >= 1);
    }
    check_sums(event.items.iter().map(|item| (item.id.as_str(), item.quantity, item.price)))
}

pub(crate) fn check_order(order: &Enriched) -> Result<(), TestCaseError> {
    prop_assert!(order.object_id >= 0 && !order.status.contains('\0') && !order.user.login.contains('\0'));
    check_text(&order.user.id, true)?;
    check_text(&order.user.name, false)?;
    check_text(&order.restaurant.id, true)?;
    check_text(&order.restaurant.name, false)?;
    check_moment(order.sent_at)?;
    check_moment(order.enriched_at)?;
    check_moment(order.date)?;
    check_money(order.cost)?;
    check_money(order.payment)?;
    prop_assert!(order.version.as_str().len() == 91, "{:?}", order.version);
    for product in &order.products {
        check_text(&product.id, true)?;
        check_text(&product.name, false)?;
        check_text(&product.category, true)?;
        check_money(product.price)?;
        prop_assert!(product.quantity >= 1);
    }
    check_sums(order.products.iter().map(|line| (line.id.as_str(), line.quantity, line.price)))
}

pub(crate) fn check_counters(counters: &Counters) -> Result<(), TestCaseError> {
    check_text(&counters.user_id, true)?;
    let check_counter = |counter: &Counter| {
        prop_assert!(counter.order_cnt >= 0);
        check_text(&counter.name, false)
    };
    for (name, counter) in &counters.categories {
        check_text(name, true)?;
        prop_assert_eq!(name, &counter.name);
        check_counter(counter)?;
    }
    for (id, counter) in &counters.products {
        check_text(id, true)?;
        check_counter(counter)?;
    }
    Ok(())
}
