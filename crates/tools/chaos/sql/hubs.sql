-- Selects all hubs except orders: business key and hub key.
SELECT 'user|' || h.user_id, h.h_user_pk::text FROM dds.h_user AS h
UNION ALL
SELECT 'product|' || h.product_id, h.h_product_pk::text FROM dds.h_product AS h
UNION ALL
SELECT 'category|' || h.category_name, h.h_category_pk::text FROM dds.h_category AS h
UNION ALL
SELECT 'restaurant|' || h.restaurant_id, h.h_restaurant_pk::text FROM dds.h_restaurant AS h
