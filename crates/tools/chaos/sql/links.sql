-- Selects links by business keys. A missing hub row appears as a question mark.
SELECT concat_ws('|', 'order_user', coalesce(o.order_id::text, '?'), coalesce(u.user_id, '?')), ''
FROM dds.l_order_user AS l
LEFT JOIN dds.h_order AS o USING (h_order_pk)
LEFT JOIN dds.h_user AS u USING (h_user_pk)
UNION ALL
SELECT concat_ws('|', 'order_restaurant', coalesce(o.order_id::text, '?'), coalesce(r.restaurant_id, '?')), ''
FROM dds.l_order_restaurant AS l
LEFT JOIN dds.h_order AS o USING (h_order_pk)
LEFT JOIN dds.h_restaurant AS r USING (h_restaurant_pk)
UNION ALL
SELECT concat_ws('|', 'order_product', coalesce(o.order_id::text, '?'), coalesce(p.product_id, '?')), ''
FROM dds.l_order_product AS l
LEFT JOIN dds.h_order AS o USING (h_order_pk)
LEFT JOIN dds.h_product AS p USING (h_product_pk)
UNION ALL
SELECT concat_ws('|', 'product_restaurant', coalesce(p.product_id, '?'), coalesce(r.restaurant_id, '?')), ''
FROM dds.l_product_restaurant AS l
LEFT JOIN dds.h_product AS p USING (h_product_pk)
LEFT JOIN dds.h_restaurant AS r USING (h_restaurant_pk)
UNION ALL
SELECT concat_ws('|', 'product_category', coalesce(p.product_id, '?'), coalesce(c.category_name, '?')), ''
FROM dds.l_product_category AS l
LEFT JOIN dds.h_product AS p USING (h_product_pk)
LEFT JOIN dds.h_category AS c USING (h_category_pk)
