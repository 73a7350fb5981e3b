-- Updates the number of users per category from all counters, and the time of their last change.
WITH fresh AS MATERIALIZED (
    SELECT
        c.category_id AS h_category_pk,
        count(*) FILTER (WHERE c.order_cnt > 0) AS user_cnt,
        max(c.version) AS version
    FROM cdm.user_category_counters AS c
    GROUP BY c.category_id
),

gone AS (
    DELETE FROM cdm_summary.category_users AS u
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.h_category_pk = u.h_category_pk)
)

INSERT INTO cdm_summary.category_users AS u (h_category_pk, user_cnt, version)
SELECT f.h_category_pk, f.user_cnt, f.version
FROM fresh AS f
LEFT JOIN cdm_summary.category_users AS h ON f.h_category_pk = h.h_category_pk
WHERE (f.user_cnt, f.version) IS DISTINCT FROM (h.user_cnt, h.version)
ON CONFLICT (h_category_pk) DO UPDATE
SET
    user_cnt = excluded.user_cnt,
    version = excluded.version
