-- The ten dishes that are in the most closed orders, whichever restaurant makes them.
SELECT product_name, sum(order_cnt)::bigint AS orders
FROM cdm.user_product_counters
GROUP BY product_name
ORDER BY orders DESC, product_name
LIMIT 10
