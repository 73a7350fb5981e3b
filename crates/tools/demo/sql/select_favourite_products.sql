-- Selects the ten products with the most closed orders, by name, whatever the restaurant.
SELECT product_name, sum(order_cnt)::bigint AS orders
FROM cdm.user_product_counters
GROUP BY product_name
ORDER BY orders DESC, product_name
LIMIT 10
