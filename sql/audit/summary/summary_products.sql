-- Audit of the summary of products: the figures of every day in Moscow that is not stale equal those computed from the
-- CLOSED orders of the vault, and the totals of a product equal the sums of its days.
WITH current_status AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, s.status
    FROM dds.s_order_status AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

current_line AS (
    SELECT DISTINCT ON (s.hk_order_product_pk) s.hk_order_product_pk, s.quantity, s.amount, s.h_category_pk
    FROM dds.s_order_product AS s
    ORDER BY s.hk_order_product_pk, s.load_dt DESC
),

recounted AS (
    SELECT
        ((h.order_dt AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Moscow')::date AS day,
        p.h_product_pk,
        l.h_category_pk,
        count(DISTINCT p.h_order_pk) AS order_cnt,
        least(sum(l.quantity), 9223372036854775807) AS quantity,
        sum(l.amount) AS revenue
    FROM current_line AS l
    INNER JOIN dds.l_order_product AS p ON l.hk_order_product_pk = p.hk_order_product_pk
    INNER JOIN dds.h_order AS h ON p.h_order_pk = h.h_order_pk
    INNER JOIN current_status AS s ON p.h_order_pk = s.h_order_pk
    WHERE s.status = 'CLOSED' AND l.quantity > 0
    GROUP BY 1, 2, 3
)

SELECT
    coalesce(d.day, r.day) AS day,
    coalesce(d.h_product_pk, r.h_product_pk) AS h_product_pk,
    d.order_cnt AS kept,
    r.order_cnt AS recounted
FROM cdm_summary.product_days AS d
FULL JOIN recounted AS r
    ON d.day = r.day AND d.h_product_pk = r.h_product_pk AND d.h_category_pk = r.h_category_pk
WHERE
    (d.order_cnt, d.quantity, d.revenue) IS DISTINCT FROM (r.order_cnt, r.quantity, r.revenue)
    AND NOT EXISTS (SELECT FROM cdm_summary.stale_days AS n WHERE n.day = coalesce(d.day, r.day))
UNION ALL
SELECT NULL, coalesce(p.h_product_pk, t.h_product_pk), p.order_cnt, t.order_cnt
FROM cdm_summary.products AS p
FULL JOIN (
    SELECT
        d.h_product_pk,
        sum(d.order_cnt) AS order_cnt,
        least(sum(d.quantity), 9223372036854775807) AS quantity,
        sum(d.revenue) AS revenue
    FROM cdm_summary.product_days AS d
    GROUP BY d.h_product_pk
) AS t ON p.h_product_pk = t.h_product_pk
WHERE
    (p.order_cnt, p.quantity, p.revenue)
    IS DISTINCT FROM (coalesce(t.order_cnt, 0), coalesce(t.quantity, 0), coalesce(t.revenue, 0))
