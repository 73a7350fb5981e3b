-- Selects the product mart: count and name, by the user's source id and the product's key.
SELECT concat_ws('|', coalesce(u.source_id, '?'), c.product_id), concat_ws('|', c.order_cnt, c.product_name)
FROM cdm.user_product_counters AS c
LEFT JOIN cdm.users AS u USING (user_id)
