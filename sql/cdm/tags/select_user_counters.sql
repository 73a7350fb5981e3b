-- Selects a page of the counters of a user, largest first. A counter of 0 means the same as no counter. Names may have
-- 30 KB, so they are cut.
-- $1 user_id uuid, $2 count of the last counter of the previous page bigint, $3 its key text, $4 page size bigint
WITH counters AS (
    SELECT
        'category' AS subject, c.category_id AS id, c.category_name AS name, c.order_cnt,
        'category ' || c.category_id AS key
    FROM cdm.user_category_counters AS c
    WHERE c.user_id = $1 AND c.order_cnt > 0
    UNION ALL
    SELECT 'product', p.product_id, p.product_name, p.order_cnt, 'product ' || p.product_id
    FROM cdm.user_product_counters AS p
    WHERE p.user_id = $1 AND p.order_cnt > 0
)

SELECT n.subject, n.id, left(n.name, 255), n.order_cnt, n.key
FROM counters AS n
WHERE n.order_cnt < $2::bigint OR (n.order_cnt = $2::bigint AND n.key > $3::text)
ORDER BY n.order_cnt DESC, n.key
LIMIT $4
