-- Selects the latest names of users, products and restaurants.
SELECT 'user|' || h.user_id, s.username || '|' || s.userlogin
FROM dds.h_user AS h
INNER JOIN (
    SELECT DISTINCT ON (n.h_user_pk) n.* FROM dds.s_user_names AS n ORDER BY n.h_user_pk, n.load_dt DESC
) AS s USING (h_user_pk)
UNION ALL
SELECT 'product|' || h.product_id, s.name
FROM dds.h_product AS h
INNER JOIN (
    SELECT DISTINCT ON (n.h_product_pk) n.* FROM dds.s_product_names AS n ORDER BY n.h_product_pk, n.load_dt DESC
) AS s USING (h_product_pk)
UNION ALL
SELECT 'restaurant|' || h.restaurant_id, s.name
FROM dds.h_restaurant AS h
INNER JOIN (
    SELECT DISTINCT ON (n.h_restaurant_pk) n.*
    FROM dds.s_restaurant_names AS n
    ORDER BY n.h_restaurant_pk, n.load_dt DESC
) AS s USING (h_restaurant_pk)
