-- Selects all category counters of some users.
-- $1 h_user_pk uuid[]
SELECT u.user_id, h.category_name, c.order_cnt, c.version
FROM unnest($1::uuid[]) AS k (h_user_pk)
INNER JOIN dds.bv_user_category_counters AS c ON k.h_user_pk = c.h_user_pk
INNER JOIN dds.h_user AS u ON c.h_user_pk = u.h_user_pk
INNER JOIN dds.h_category AS h ON c.h_category_pk = h.h_category_pk
