-- Selects the category mart: count and name, by the user's source id and the category's key.
SELECT concat_ws('|', coalesce(u.source_id, '?'), c.category_id), concat_ws('|', c.order_cnt, c.category_name)
FROM cdm.user_category_counters AS c
LEFT JOIN cdm.users AS u USING (user_id)
