//! Comparison of the marts with an independent model, which does not use the SQL of the services.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use harness::Audit;
use tokio_postgres::Client;
use uuid::Uuid;
use workload::model::{Counters, Expected};

const PRODUCTS: &str = "SELECT coalesce(u.source_id, c.user_id::text), c.product_id, c.order_cnt
                        FROM cdm.user_product_counters AS c LEFT JOIN cdm.users AS u USING (user_id)";
const CATEGORIES: &str = "SELECT coalesce(u.source_id, c.user_id::text), c.category_id, c.order_cnt
                          FROM cdm.user_category_counters AS c LEFT JOIN cdm.users AS u USING (user_id)";

/// Counters in the marts, by the user's id and the key of the product or category.
type Found = BTreeMap<(String, Uuid), u64>;

/// Compares the number of orders and every counter.
pub(super) async fn run(database: &Client, expected: &Expected) -> Result<[Audit; 3]> {
    let orders = database.query_one("SELECT count(*) FROM stg.order_events", &[]).await?;
    let orders = u64::try_from(orders.try_get::<_, i64>(0)?)?;
    let products = differences(&expected.products, &found(database, PRODUCTS).await?);
    let categories = differences(&expected.categories, &found(database, CATEGORIES).await?);
    let miscount = (orders != expected.orders).then(|| format!("{orders} orders instead of {}", expected.orders));
    let check = |name: &str, differences| Audit { name: name.to_owned(), differences };
    Ok([
        check("orders against the model", miscount.into_iter().collect()),
        check("products against the model", products),
        check("categories against the model", categories),
    ])
}

async fn found(database: &Client, statement: &str) -> Result<Found> {
    let rows = database.query(statement, &[]).await.context("the marts")?;
    let counter = |row: &tokio_postgres::Row| -> Result<_> {
        Ok(((row.try_get(0)?, row.try_get(1)?), u64::try_from(row.try_get::<_, i32>(2)?)?))
    };
    rows.iter().map(counter).collect()
}

/// One line per counter that differs. A counter of 0 means the same as no counter.
fn differences(expected: &Counters, found: &Found) -> Vec<String> {
    let expected: BTreeMap<_, _> =
        expected.iter().map(|((user, what), count)| ((user.clone(), key(what)), (what.as_str(), *count))).collect();
    let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let difference = |key: &(String, Uuid)| {
        let (what, wanted) = expected.get(key).copied().unwrap_or(("?", 0));
        let counted = found.get(key).copied().unwrap_or(0);
        let (user, id) = key;
        (wanted != counted).then(|| format!("user={user} id={id} ({what}): {counted} orders instead of {wanted}"))
    };
    keys.into_iter().filter_map(difference).collect()
}

/// The key of a business id, by the customer's rule.
fn key(id: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_equal_those_of_the_customer() {
        assert_eq!(key("Выпечка").to_string(), "0f6d48bd-fe1f-51f6-a39f-31fe8f5e52a5");
    }

    #[test]
    fn a_missing_counter_equals_zero_and_other_differences_are_reported() {
        let user = |what: &str, count| ((String::from("u"), what.to_owned()), count);
        let expected = Counters::from([user("борщ", 2), user("уха", 1), user("квас", 3)]);
        let row = |what: &str, count| ((String::from("u"), key(what)), count);
        let found = Found::from([row("борщ", 2), row("уха", 2), row("плов", 0), row("щи", 1)]);
        let lines = differences(&expected, &found);
        let reported = |end: &str| lines.iter().any(|line| line.ends_with(end));
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(reported("(уха): 2 orders instead of 1"));
        assert!(reported("(квас): 0 orders instead of 3"));
        assert!(reported("(?): 1 orders instead of 0"));
    }
}
