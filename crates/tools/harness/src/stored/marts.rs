//! Comparison of the marts with the sequential model of `workload`, which does not use the SQL of the services.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use orders::keys;
use workload::model::{Counters, Expected};

use crate::pipeline::Pipeline;

const PRODUCTS: &str = "SELECT u.source_id, c.product_id, c.order_cnt
                        FROM cdm.user_product_counters AS c LEFT JOIN cdm.users AS u USING (user_id)";
const CATEGORIES: &str = "SELECT u.source_id, c.category_id, c.order_cnt
                          FROM cdm.user_category_counters AS c LEFT JOIN cdm.users AS u USING (user_id)";

/// Maximum number of differences shown.
const MAX_SHOWN: usize = 5;

/// Counters by the user's source id and the key of the product or category. Without zeros: a counter of 0 means the
/// same as no counter.
type Counts = BTreeMap<(String, String), u64>;

impl Pipeline {
    /// Asserts that STG has every order, and that the marts have exactly these counters.
    ///
    /// # Errors
    /// If not; the error shows the first counters that differ.
    pub async fn assert_marts(&self, expected: &Expected) -> Result<()> {
        let orders = self.count("SELECT count(*) FROM stg.order_events").await?;
        ensure!(orders == expected.orders, "{orders} orders instead of {}", expected.orders);
        compare("product", &wanted(&expected.products), &self.found(PRODUCTS).await?)?;
        compare("category", &wanted(&expected.categories), &self.found(CATEGORIES).await?)
    }

    async fn found(&self, statement: &str) -> Result<Counts> {
        let mut counts = Counts::new();
        for row in self.sql_rows(statement).await? {
            let cell =
                |column| Ok::<_, anyhow::Error>(row.get(column).context("a counter without its user")?.to_owned());
            let count = cell(2)?.parse()?;
            if count > 0 {
                counts.insert((cell(0)?, cell(1)?), count);
            }
        }
        Ok(counts)
    }
}

fn wanted(counters: &Counters) -> Counts {
    counters.iter().map(|((user, what), count)| ((user.clone(), keys::hub(what).to_string()), *count)).collect()
}

fn compare(kind: &str, wanted: &Counts, found: &Counts) -> Result<()> {
    let all: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    let differing: Vec<_> = all.into_iter().filter(|counter| wanted.get(*counter) != found.get(*counter)).collect();
    let describe = |counter: &&(String, String)| {
        let of = |counts: &Counts| counts.get(*counter).copied().unwrap_or(0);
        format!("user {} {kind} {}: {} instead of {}", counter.0, counter.1, of(found), of(wanted))
    };
    let listed: Vec<String> = differing.iter().take(MAX_SHOWN).map(describe).collect();
    ensure!(listed.is_empty(), "{} {kind} counters are wrong:\n{}", differing.len(), listed.join("\n"));
    Ok(())
}
