-- Selects counters of products: count and name.
SELECT concat_ws('|', coalesce(u.user_id, '?'), coalesce(p.product_id, '?')), concat_ws('|', c.order_cnt, c.product_name)
FROM dds.bv_user_product_counters AS c
LEFT JOIN dds.h_user AS u USING (h_user_pk)
LEFT JOIN dds.h_product AS p USING (h_product_pk)
