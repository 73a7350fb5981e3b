-- Updates sales by product and day in Moscow, for some days, from CLOSED orders; only rows that differ are written. An
-- order has one line per product. The four arrays of an order have the same length and are expanded together by
-- unnest() in the select list, which costs half as much as unnest() in FROM.
-- $1 first day text, $2 last day text
WITH fresh AS MATERIALIZED (
    SELECT
        l.day,
        l.h_product_pk,
        l.h_category_pk,
        count(*) AS order_cnt,
        least(sum(l.quantity), 9223372036854775807)::bigint AS quantity,
        sum(l.amount) AS revenue
    FROM (
        SELECT
            cdm_summary.to_moscow(s.order_dt)::date AS day,
            unnest(s.product_pks) AS h_product_pk,
            unnest(s.category_pks) AS h_category_pk,
            unnest(s.quantities) AS quantity,
            unnest(s.amounts) AS amount
        FROM dds.bv_order_states AS s
        WHERE
            s.order_dt >= cdm_summary.from_moscow($1::text::date)
            AND s.order_dt < cdm_summary.from_moscow($2::text::date + 1)
            AND s.status = 'CLOSED'
    ) AS l
    WHERE l.quantity > 0
    GROUP BY l.day, l.h_product_pk, l.h_category_pk
),

gone AS (
    DELETE FROM cdm_summary.product_days AS d
    WHERE
        d.day >= $1::text::date AND d.day <= $2::text::date
        AND NOT EXISTS (
            SELECT FROM fresh AS f
            WHERE f.day = d.day AND f.h_product_pk = d.h_product_pk AND f.h_category_pk = d.h_category_pk
        )
)

INSERT INTO cdm_summary.product_days AS d (day, h_product_pk, h_category_pk, order_cnt, quantity, revenue)
SELECT f.day, f.h_product_pk, f.h_category_pk, f.order_cnt, f.quantity, f.revenue
FROM fresh AS f
LEFT JOIN cdm_summary.product_days AS h
    ON
        f.day = h.day AND f.h_product_pk = h.h_product_pk AND f.h_category_pk = h.h_category_pk
        AND h.day >= $1::text::date AND h.day <= $2::text::date
WHERE (f.order_cnt, f.quantity, f.revenue) IS DISTINCT FROM (h.order_cnt, h.quantity, h.revenue)
ON CONFLICT (day, h_product_pk, h_category_pk) DO UPDATE
SET
    order_cnt = excluded.order_cnt,
    quantity = excluded.quantity,
    revenue = excluded.revenue
