-- Updates sales by category and day in Moscow, for some days, from CLOSED orders; only rows that differ are written. An
-- order counts once per category, however many products of it the order holds. Pieces and money are sums over products,
-- so this must run after summarize_product_days.
-- $1 first day text, $2 last day text
WITH counted AS (
    SELECT o.day, o.h_category_pk, count(*) AS order_cnt
    FROM (
        SELECT cdm_summary.to_moscow(s.order_dt)::date AS day, l.h_category_pk
        FROM dds.bv_order_states AS s
        CROSS JOIN LATERAL (
            SELECT DISTINCT u.h_category_pk
            FROM unnest(s.category_pks, s.quantities) AS u (h_category_pk, quantity)
            WHERE u.quantity > 0
        ) AS l
        WHERE
            s.order_dt >= cdm_summary.from_moscow($1::text::date)
            AND s.order_dt < cdm_summary.from_moscow($2::text::date + 1)
            AND s.status = 'CLOSED'
    ) AS o
    GROUP BY o.day, o.h_category_pk
),

sold AS (
    SELECT
        p.day,
        p.h_category_pk,
        least(sum(p.quantity), 9223372036854775807)::bigint AS quantity,
        sum(p.revenue) AS revenue
    FROM cdm_summary.product_days AS p
    WHERE p.day >= $1::text::date AND p.day <= $2::text::date
    GROUP BY p.day, p.h_category_pk
),

fresh AS MATERIALIZED (
    SELECT c.day, c.h_category_pk, c.order_cnt, s.quantity, s.revenue
    FROM counted AS c
    INNER JOIN sold AS s ON c.day = s.day AND c.h_category_pk = s.h_category_pk
),

gone AS (
    DELETE FROM cdm_summary.category_days AS d
    WHERE
        d.day >= $1::text::date AND d.day <= $2::text::date
        AND NOT EXISTS (
            SELECT FROM fresh AS f
            WHERE f.day = d.day AND f.h_category_pk = d.h_category_pk
        )
)

INSERT INTO cdm_summary.category_days AS d (day, h_category_pk, order_cnt, quantity, revenue)
SELECT f.day, f.h_category_pk, f.order_cnt, f.quantity, f.revenue
FROM fresh AS f
LEFT JOIN cdm_summary.category_days AS h
    ON
        f.day = h.day AND f.h_category_pk = h.h_category_pk
        AND h.day >= $1::text::date AND h.day <= $2::text::date
WHERE (f.order_cnt, f.quantity, f.revenue) IS DISTINCT FROM (h.order_cnt, h.quantity, h.revenue)
ON CONFLICT (day, h_category_pk) DO UPDATE
SET
    order_cnt = excluded.order_cnt,
    quantity = excluded.quantity,
    revenue = excluded.revenue
