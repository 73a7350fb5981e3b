-- Selects the ten categories with the most closed orders.
SELECT category_name, sum(order_cnt)::bigint AS orders
FROM cdm.user_category_counters
GROUP BY category_name
ORDER BY orders DESC, category_name
LIMIT 10
