-- Updates the list of products: the latest name, the category of the last day on which the product was sold, and the
-- totals of all days. Must run after summarize_product_days.
WITH total AS (
    SELECT
        d.h_product_pk,
        sum(d.order_cnt)::bigint AS order_cnt,
        least(sum(d.quantity), 9223372036854775807)::bigint AS quantity,
        sum(d.revenue) AS revenue
    FROM cdm_summary.product_days AS d
    GROUP BY d.h_product_pk
),

last_day AS (
    SELECT DISTINCT ON (d.h_product_pk) d.h_product_pk, d.h_category_pk
    FROM cdm_summary.product_days AS d
    ORDER BY d.h_product_pk, d.day DESC, d.order_cnt DESC, d.h_category_pk
),

name AS (
    SELECT DISTINCT ON (n.h_product_pk) n.h_product_pk, n.name
    FROM dds.s_product_names AS n
    ORDER BY n.h_product_pk, n.load_dt DESC
),

fresh AS MATERIALIZED (
    SELECT
        h.h_product_pk,
        coalesce(n.name, h.product_id) AS product_name,
        l.h_category_pk,
        coalesce(t.order_cnt, 0) AS order_cnt,
        coalesce(t.quantity, 0) AS quantity,
        coalesce(t.revenue, 0) AS revenue
    FROM dds.h_product AS h
    LEFT JOIN name AS n ON h.h_product_pk = n.h_product_pk
    LEFT JOIN total AS t ON h.h_product_pk = t.h_product_pk
    LEFT JOIN last_day AS l ON h.h_product_pk = l.h_product_pk
),

gone AS (
    DELETE FROM cdm_summary.products AS p
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.h_product_pk = p.h_product_pk)
)

INSERT INTO cdm_summary.products AS p (h_product_pk, product_name, h_category_pk, order_cnt, quantity, revenue)
SELECT f.h_product_pk, f.product_name, f.h_category_pk, f.order_cnt, f.quantity, f.revenue
FROM fresh AS f
LEFT JOIN cdm_summary.products AS h ON f.h_product_pk = h.h_product_pk
WHERE
    (f.product_name, f.h_category_pk, f.order_cnt, f.quantity, f.revenue)
    IS DISTINCT FROM (h.product_name, h.h_category_pk, h.order_cnt, h.quantity, h.revenue)
ON CONFLICT (h_product_pk) DO UPDATE
SET
    product_name = excluded.product_name,
    h_category_pk = excluded.h_category_pk,
    order_cnt = excluded.order_cnt,
    quantity = excluded.quantity,
    revenue = excluded.revenue
