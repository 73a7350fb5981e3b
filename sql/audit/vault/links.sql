-- Audit of links: one row per pair, UUIDv5 keys, both hubs exist; every order line has its link, its category and their
-- link.
SELECT 'l_order_product' AS link, min(l.hk_order_product_pk::text) AS pk, 'the pair has several rows' AS problem
FROM dds.l_order_product AS l
GROUP BY l.h_order_pk, l.h_product_pk
HAVING count(*) > 1
UNION ALL
SELECT 'l_order_product', l.hk_order_product_pk::text, 'the key is not a UUIDv5'
FROM dds.l_order_product AS l
WHERE substring(l.hk_order_product_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'l_order_product', l.hk_order_product_pk::text, 'a hub row is missing'
FROM dds.l_order_product AS l
WHERE
    NOT EXISTS (SELECT FROM dds.h_order AS h WHERE h.h_order_pk = l.h_order_pk)
    OR NOT EXISTS (SELECT FROM dds.h_product AS h WHERE h.h_product_pk = l.h_product_pk)
UNION ALL
SELECT 'l_product_restaurant', min(l.hk_product_restaurant_pk::text), 'the pair has several rows'
FROM dds.l_product_restaurant AS l
GROUP BY l.h_product_pk, l.h_restaurant_pk
HAVING count(*) > 1
UNION ALL
SELECT 'l_product_restaurant', l.hk_product_restaurant_pk::text, 'the key is not a UUIDv5'
FROM dds.l_product_restaurant AS l
WHERE substring(l.hk_product_restaurant_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'l_product_restaurant', l.hk_product_restaurant_pk::text, 'a hub row is missing'
FROM dds.l_product_restaurant AS l
WHERE
    NOT EXISTS (SELECT FROM dds.h_product AS h WHERE h.h_product_pk = l.h_product_pk)
    OR NOT EXISTS (SELECT FROM dds.h_restaurant AS h WHERE h.h_restaurant_pk = l.h_restaurant_pk)
UNION ALL
SELECT 'l_product_category', min(l.hk_product_category_pk::text), 'the pair has several rows'
FROM dds.l_product_category AS l
GROUP BY l.h_product_pk, l.h_category_pk
HAVING count(*) > 1
UNION ALL
SELECT 'l_product_category', l.hk_product_category_pk::text, 'the key is not a UUIDv5'
FROM dds.l_product_category AS l
WHERE substring(l.hk_product_category_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'l_product_category', l.hk_product_category_pk::text, 'a hub row is missing'
FROM dds.l_product_category AS l
WHERE
    NOT EXISTS (SELECT FROM dds.h_product AS h WHERE h.h_product_pk = l.h_product_pk)
    OR NOT EXISTS (SELECT FROM dds.h_category AS h WHERE h.h_category_pk = l.h_category_pk)
UNION ALL
SELECT 'l_order_user', min(l.hk_order_user_pk::text), 'the pair has several rows'
FROM dds.l_order_user AS l
GROUP BY l.h_order_pk, l.h_user_pk
HAVING count(*) > 1
UNION ALL
SELECT 'l_order_user', l.hk_order_user_pk::text, 'the key is not a UUIDv5'
FROM dds.l_order_user AS l
WHERE substring(l.hk_order_user_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'l_order_user', l.hk_order_user_pk::text, 'a hub row is missing'
FROM dds.l_order_user AS l
WHERE
    NOT EXISTS (SELECT FROM dds.h_order AS h WHERE h.h_order_pk = l.h_order_pk)
    OR NOT EXISTS (SELECT FROM dds.h_user AS h WHERE h.h_user_pk = l.h_user_pk)
UNION ALL
SELECT 'l_order_restaurant', min(l.hk_order_restaurant_pk::text), 'the pair has several rows'
FROM dds.l_order_restaurant AS l
GROUP BY l.h_order_pk, l.h_restaurant_pk
HAVING count(*) > 1
UNION ALL
SELECT 'l_order_restaurant', l.hk_order_restaurant_pk::text, 'the key is not a UUIDv5'
FROM dds.l_order_restaurant AS l
WHERE substring(l.hk_order_restaurant_pk::text FROM 15 FOR 1) <> '5'
UNION ALL
SELECT 'l_order_restaurant', l.hk_order_restaurant_pk::text, 'a hub row is missing'
FROM dds.l_order_restaurant AS l
WHERE
    NOT EXISTS (SELECT FROM dds.h_order AS h WHERE h.h_order_pk = l.h_order_pk)
    OR NOT EXISTS (SELECT FROM dds.h_restaurant AS h WHERE h.h_restaurant_pk = l.h_restaurant_pk)
UNION ALL
SELECT 'l_order_product', l.hk_order_product_pk::text, 'has no row in s_order_product'
FROM dds.l_order_product AS l
WHERE NOT EXISTS (
    SELECT FROM dds.s_order_product AS s WHERE s.hk_order_product_pk = l.hk_order_product_pk
)
UNION ALL
SELECT 's_order_product', s.hk_order_product_pk::text, 'its link or its category is missing'
FROM dds.s_order_product AS s
WHERE
    NOT EXISTS (SELECT FROM dds.l_order_product AS l WHERE l.hk_order_product_pk = s.hk_order_product_pk)
    OR NOT EXISTS (SELECT FROM dds.h_category AS h WHERE h.h_category_pk = s.h_category_pk)
UNION ALL
SELECT 'l_product_category', s.hk_order_product_pk::text, 'a line has a category that its product is not linked to'
FROM dds.s_order_product AS s
INNER JOIN dds.l_order_product AS o ON s.hk_order_product_pk = o.hk_order_product_pk
LEFT JOIN dds.l_product_category AS c ON o.h_product_pk = c.h_product_pk AND s.h_category_pk = c.h_category_pk
WHERE c.hk_product_category_pk IS NULL
