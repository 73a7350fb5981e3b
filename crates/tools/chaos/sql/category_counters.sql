-- Selects counters of categories.
SELECT concat_ws('|', coalesce(u.user_id, '?'), coalesce(g.category_name, '?')), c.order_cnt::text
FROM dds.bv_user_category_counters AS c
LEFT JOIN dds.h_user AS u USING (h_user_pk)
LEFT JOIN dds.h_category AS g USING (h_category_pk)
