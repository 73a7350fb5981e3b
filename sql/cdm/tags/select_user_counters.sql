-- Selects the counters of a user, largest first. A counter of 0 means the same as no counter.
-- $1 user_id uuid
SELECT 'category' AS subject, c.category_id AS id, c.category_name AS name, c.order_cnt
FROM cdm.user_category_counters AS c
WHERE c.user_id = $1 AND c.order_cnt > 0
UNION ALL
SELECT 'product', p.product_id, p.product_name, p.order_cnt
FROM cdm.user_product_counters AS p
WHERE p.user_id = $1 AND p.order_cnt > 0
ORDER BY order_cnt DESC, name, id
