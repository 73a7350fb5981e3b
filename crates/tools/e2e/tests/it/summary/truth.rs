//! Expected rows of every view, computed independently from the messages to DDS or from the tables.

use anyhow::{Result, ensure};
use harness::Pipeline;

const TRUTH: &str = include_str!("truth.sql");

/// Maximum number of differences shown per view.
const MAX_SHOWN: usize = 3;

/// A view, its rows by the ids of the source, and the same rows computed otherwise.
const VIEWS: [(&str, &str, &str); 17] = [
    (
        "kpi",
        "SELECT order_cnt, closed_order_cnt, cancelled_order_cnt, user_cnt, revenue, average_bill,
                tag_cnt, tagged_user_cnt, user_tag_cnt FROM cdm.kpi",
        "SELECT count(*), c.n, (SELECT count(*) FROM truth.orders WHERE status = 'CANCELLED'),
                (SELECT count(DISTINCT user_id) FROM truth.sold), c.revenue,
                CASE WHEN c.n = 0 THEN 0 ELSE round(c.revenue / c.n, 2) END, t.tags, t.users, t.pairs
         FROM truth.orders,
              (SELECT count(*) AS n, coalesce(sum(payment), 0) AS revenue
               FROM truth.orders WHERE status = 'CLOSED') AS c,
              (SELECT count(DISTINCT tag) AS tags, count(DISTINCT user_id) AS users, count(DISTINCT (user_id, tag)) AS pairs
               FROM cdm.user_tags) AS t
         GROUP BY c.n, c.revenue, t.tags, t.users, t.pairs",
    ),
    (
        "product_popularity",
        "SELECT h.product_id, v.product_name, category_name, order_cnt, user_cnt, quantity, revenue, place
         FROM cdm.product_popularity AS v INNER JOIN dds.h_product AS h ON h_product_pk = v.product_id",
        "SELECT s.*, row_number() OVER (ORDER BY n DESC, s.name, h.h_product_pk) FROM (
             SELECT product_id, min(product_name) AS name, min(category_name), count(DISTINCT order_id) AS n,
                    count(DISTINCT user_id), sum(quantity), sum(revenue)
             FROM truth.sold GROUP BY product_id) AS s INNER JOIN dds.h_product AS h USING (product_id)",
    ),
    (
        "category_popularity",
        "SELECT category_name, order_cnt, user_cnt, quantity, revenue, place FROM cdm.category_popularity",
        "SELECT s.*, row_number() OVER (ORDER BY n DESC, category_name) FROM (
             SELECT category_name, count(DISTINCT order_id) AS n, count(DISTINCT user_id), sum(quantity), sum(revenue)
             FROM truth.sold GROUP BY category_name) AS s",
    ),
    (
        "product_sales_by_day",
        "SELECT day_msk, h.product_id, product_name, category_name, order_cnt, quantity, revenue
         FROM cdm.product_sales_by_day AS v INNER JOIN dds.h_product AS h ON h_product_pk = v.product_id",
        "SELECT msk::date, product_id, product_name, category_name, count(DISTINCT order_id), sum(quantity), sum(revenue)
         FROM truth.sold GROUP BY 1, 2, 3, 4",
    ),
    (
        "category_sales_by_day",
        "SELECT day_msk, category_name, order_cnt, quantity, revenue FROM cdm.category_sales_by_day",
        "SELECT msk::date, category_name, count(DISTINCT order_id), sum(quantity), sum(revenue)
         FROM truth.sold GROUP BY 1, 2",
    ),
    (
        "orders_by_hour",
        "SELECT hour_utc, hour_msk, restaurant_id, restaurant_name, status, order_cnt, revenue FROM cdm.orders_by_hour",
        "SELECT date_trunc('hour', utc), date_trunc('hour', msk), restaurant_id, restaurant_name, status, count(*),
                coalesce(sum(payment) FILTER (WHERE status = 'CLOSED'), 0)
         FROM truth.orders GROUP BY 1, 2, 3, 4, 5",
    ),
    (
        "orders_by_day",
        "SELECT day_msk, order_cnt, closed_order_cnt, cancelled_order_cnt, revenue, average_bill FROM cdm.orders_by_day",
        "SELECT msk::date, count(*), count(*) FILTER (WHERE status = 'CLOSED'),
                count(*) FILTER (WHERE status = 'CANCELLED'),
                coalesce(sum(payment) FILTER (WHERE status = 'CLOSED'), 0),
                coalesce(round(avg(payment) FILTER (WHERE status = 'CLOSED'), 2), 0)
         FROM truth.orders GROUP BY 1",
    ),
    (
        "orders_by_weekday_hour",
        "SELECT weekday, weekday_name, hour_of_day, order_cnt, revenue FROM cdm.orders_by_weekday_hour",
        "SELECT n, n || ' ' || split_part('Пн Вт Ср Чт Пт Сб Вс', ' ', n), to_char(msk, 'HH24')::int, count(*),
                coalesce(sum(payment) FILTER (WHERE status = 'CLOSED'), 0)
         FROM (SELECT *, to_char(msk, 'ID')::int AS n FROM truth.orders) AS o GROUP BY n, 3",
    ),
    (
        "restaurant_popularity",
        "SELECT restaurant_id, restaurant_name, order_cnt, closed_order_cnt, cancelled_order_cnt, revenue, average_bill,
                place FROM cdm.restaurant_popularity",
        "SELECT restaurant_id, restaurant_name, count(*), count(*) FILTER (WHERE status = 'CLOSED'),
                count(*) FILTER (WHERE status = 'CANCELLED'),
                coalesce(sum(payment) FILTER (WHERE status = 'CLOSED'), 0),
                coalesce(round(avg(payment) FILTER (WHERE status = 'CLOSED'), 2), 0),
                row_number() OVER (ORDER BY count(*) DESC, restaurant_name, restaurant_id)
         FROM truth.orders GROUP BY 1, 2",
    ),
    ("category_list", "SELECT category_name FROM cdm.category_list", "SELECT category_name FROM dds.h_category"),
    (
        "product_list",
        "SELECT h.product_id, product_name
         FROM cdm.product_list AS v INNER JOIN dds.h_product AS h ON h_product_pk = v.product_id",
        "SELECT product_id, name FROM dds.h_product INNER JOIN dds.s_product_names USING (h_product_pk)",
    ),
    (
        "restaurant_list",
        "SELECT restaurant_id, restaurant_name FROM cdm.restaurant_list",
        "SELECT DISTINCT restaurant_id, restaurant_name FROM truth.orders",
    ),
    (
        "tag_popularity",
        "SELECT tag, rule_cnt, user_cnt, place FROM cdm.tag_popularity",
        "SELECT tag, count(DISTINCT rule_id), count(DISTINCT user_id),
                row_number() OVER (ORDER BY count(DISTINCT user_id) DESC, tag)
         FROM (SELECT tag, rule_id, NULL::uuid AS user_id FROM cdm.tag_rules
               UNION ALL SELECT tag, NULL, user_id FROM cdm.user_tags) AS t GROUP BY tag",
    ),
    (
        "tag_progress",
        "SELECT rule_id, tag, subject, subject_name, threshold, enabled, order_cnt, orders_left, user_cnt
         FROM cdm.tag_progress",
        "SELECT rule_id, tag, subject, coalesce(p.name, subject_key), threshold, enabled, least(order_cnt, threshold),
                threshold - least(order_cnt, threshold), count(*)
         FROM cdm.tag_rules
         INNER JOIN truth.counters USING (subject, subject_key)
         LEFT JOIN (SELECT product_id, min(product_name) AS name FROM truth.lines GROUP BY 1) AS p
             ON subject = 'product' AND product_id = subject_key
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
    ),
    (
        "tag_events_by_day",
        "SELECT day_msk, tag, assigned_cnt, revoked_cnt FROM cdm.tag_events_by_day",
        "SELECT (at + interval '3 hours')::date, tag, count(*) FILTER (WHERE action = 'assigned'),
                count(*) FILTER (WHERE action = 'revoked') FROM cdm.user_tag_events GROUP BY 1, 2",
    ),
    (
        "tag_list",
        "SELECT tag FROM cdm.tag_list",
        "SELECT tag FROM cdm.tag_rules UNION SELECT tag FROM cdm.user_tag_events",
    ),
    (
        "freshness",
        "SELECT last_order_at_utc, last_order_at_msk, counters_changed_at_utc, counters_changed_at_msk, stale_days_cnt
         FROM cdm.freshness",
        "SELECT (SELECT max(utc) FROM truth.orders), (SELECT max(msk) FROM truth.orders), c.at, c.at + interval '3 hours', 0
         FROM (SELECT timestamp 'epoch' + greatest((SELECT max(version) FROM dds.bv_user_product_counters),
                      (SELECT max(version) FROM dds.bv_user_category_counters)) * interval '1 microsecond' AS at) AS c",
    ),
];

/// Makes the views of the truth, once a pipeline.
pub(crate) async fn tell(pipeline: &Pipeline) -> Result<()> {
    pipeline.sql(TRUTH).await.map(drop)
}

/// Asserts that every view has rows.
pub(crate) async fn assert_filled(pipeline: &Pipeline) -> Result<()> {
    for (name, ..) in VIEWS {
        let rows = pipeline.count(&format!("SELECT count(*) FROM cdm.{name}")).await?;
        ensure!(rows > 0, "{name} is empty");
    }
    Ok(())
}

/// Asserts that every view is correct.
pub(crate) async fn assert_views(pipeline: &Pipeline) -> Result<()> {
    let mut told = Vec::new();
    for (name, seen, truth) in VIEWS {
        let differences = pipeline.sql(&differences(seen, truth)).await?;
        let count = differences.len();
        told.extend(differences.into_iter().take(MAX_SHOWN).map(|row| format!("{name} ({count}): {row}")));
    }
    ensure!(told.is_empty(), "the views differ from the truth:\n{}", told.join("\n"));
    Ok(())
}

/// A statement that returns rows that only one of two queries returns; numbers are compared as numbers.
pub(crate) fn differences(seen: &str, truth: &str) -> String {
    format!(
        "(SELECT 'seen', s::text FROM (({seen}) EXCEPT ALL ({truth})) AS s)
         UNION ALL (SELECT 'missing', t::text FROM (({truth}) EXCEPT ALL ({seen})) AS t)"
    )
}
