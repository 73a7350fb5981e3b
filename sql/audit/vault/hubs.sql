-- Audit of hubs: keys are UUIDv5, every hub row has its satellites, an order has one user and a restaurant.
-- (Constraints of the tables ensure that keys and business keys are unique.)
SELECT 'h_user' AS hub, h.h_user_pk AS pk, 'the key is not a UUIDv5' AS problem
FROM dds.h_user AS h
WHERE substring(h.h_user_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'h_product' AS hub, h.h_product_pk AS pk, 'the key is not a UUIDv5' AS problem
FROM dds.h_product AS h
WHERE substring(h.h_product_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'h_category' AS hub, h.h_category_pk AS pk, 'the key is not a UUIDv5' AS problem
FROM dds.h_category AS h
WHERE substring(h.h_category_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'h_restaurant' AS hub, h.h_restaurant_pk AS pk, 'the key is not a UUIDv5' AS problem
FROM dds.h_restaurant AS h
WHERE substring(h.h_restaurant_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'h_order' AS hub, h.h_order_pk AS pk, 'the key is not a UUIDv5' AS problem
FROM dds.h_order AS h
WHERE substring(h.h_order_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'h_user', h.h_user_pk, 'has no row in s_user_names'
FROM dds.h_user AS h
WHERE NOT EXISTS (SELECT FROM dds.s_user_names AS s WHERE s.h_user_pk = h.h_user_pk)
UNION ALL
SELECT 'h_product', h.h_product_pk, 'has no row in s_product_names'
FROM dds.h_product AS h
WHERE NOT EXISTS (SELECT FROM dds.s_product_names AS s WHERE s.h_product_pk = h.h_product_pk)
UNION ALL
SELECT 'h_restaurant', h.h_restaurant_pk, 'has no row in s_restaurant_names'
FROM dds.h_restaurant AS h
WHERE NOT EXISTS (SELECT FROM dds.s_restaurant_names AS s WHERE s.h_restaurant_pk = h.h_restaurant_pk)
UNION ALL
SELECT 'h_order', h.h_order_pk, 'has no row in s_order_cost'
FROM dds.h_order AS h
WHERE NOT EXISTS (SELECT FROM dds.s_order_cost AS s WHERE s.h_order_pk = h.h_order_pk)
UNION ALL
SELECT 'h_order', h.h_order_pk, 'has no row in s_order_status'
FROM dds.h_order AS h
WHERE NOT EXISTS (SELECT FROM dds.s_order_status AS s WHERE s.h_order_pk = h.h_order_pk)
UNION ALL
SELECT 'h_order', h.h_order_pk, 'does not have exactly one user'
FROM dds.h_order AS h
LEFT JOIN dds.l_order_user AS l ON h.h_order_pk = l.h_order_pk
GROUP BY h.h_order_pk
HAVING count(l.h_user_pk) <> 1
UNION ALL
SELECT 'h_order', h.h_order_pk, 'has no restaurant'
FROM dds.h_order AS h
WHERE NOT EXISTS (SELECT FROM dds.l_order_restaurant AS l WHERE l.h_order_pk = h.h_order_pk)
UNION ALL
SELECT 'h_category', h.h_category_pk, 'the key differs from that of the same business key in another table'
FROM dds.h_category AS h
INNER JOIN cdm.user_category_counters AS c ON h.category_name = c.category_name
WHERE c.category_id <> h.h_category_pk
