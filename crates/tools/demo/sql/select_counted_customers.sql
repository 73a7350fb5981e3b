-- Selects the number of users, of those with these ids, who have nine orders of a category.
SELECT count(*)
FROM cdm.users AS u
JOIN cdm.user_category_counters AS c ON c.user_id = u.user_id
WHERE u.source_id = ANY ($1) AND c.category_name = $2 AND c.order_cnt = 9
