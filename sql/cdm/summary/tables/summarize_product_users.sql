-- Updates the number of users per product from all counters, and the time of their last change.
WITH fresh AS MATERIALIZED (
    SELECT
        c.product_id AS h_product_pk,
        count(*) FILTER (WHERE c.order_cnt > 0) AS user_cnt,
        max(c.version) AS version
    FROM cdm.user_product_counters AS c
    GROUP BY c.product_id
),

gone AS (
    DELETE FROM cdm_summary.product_users AS u
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.h_product_pk = u.h_product_pk)
)

INSERT INTO cdm_summary.product_users AS u (h_product_pk, user_cnt, version)
SELECT f.h_product_pk, f.user_cnt, f.version
FROM fresh AS f
LEFT JOIN cdm_summary.product_users AS h ON f.h_product_pk = h.h_product_pk
WHERE (f.user_cnt, f.version) IS DISTINCT FROM (h.user_cnt, h.version)
ON CONFLICT (h_product_pk) DO UPDATE
SET
    user_cnt = excluded.user_cnt,
    version = excluded.version
