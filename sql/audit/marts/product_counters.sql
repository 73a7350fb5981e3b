-- Audit of product counters: each is recounted from the vault, as the distinct orders of the user whose latest status
-- is CLOSED and which hold the product. A row with 0 means the same as no row.
WITH current_status AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, s.status
    FROM dds.s_order_status AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

current_line AS (
    SELECT DISTINCT ON (s.hk_order_product_pk) s.hk_order_product_pk, s.quantity, s.h_category_pk
    FROM dds.s_order_product AS s
    ORDER BY s.hk_order_product_pk, s.load_dt DESC
),

counted AS (
    SELECT u.h_user_pk, p.h_product_pk, count(DISTINCT p.h_order_pk) AS order_cnt
    FROM current_line AS l
    INNER JOIN dds.l_order_product AS p ON l.hk_order_product_pk = p.hk_order_product_pk
    INNER JOIN current_status AS s ON p.h_order_pk = s.h_order_pk
    INNER JOIN dds.l_order_user AS u ON p.h_order_pk = u.h_order_pk
    WHERE s.status = 'CLOSED' AND l.quantity > 0
    GROUP BY u.h_user_pk, p.h_product_pk
)

SELECT
    coalesce(c.h_user_pk, r.h_user_pk) AS h_user_pk,
    coalesce(c.h_product_pk, r.h_product_pk) AS h_product_pk,
    c.order_cnt AS kept,
    r.order_cnt AS recounted
FROM dds.bv_user_product_counters AS c
FULL JOIN counted AS r ON c.h_user_pk = r.h_user_pk AND c.h_product_pk = r.h_product_pk
WHERE coalesce(c.order_cnt, 0) <> coalesce(r.order_cnt, 0)
