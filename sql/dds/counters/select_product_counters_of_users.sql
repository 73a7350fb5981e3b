-- Selects all product counters of some users.
-- $1 h_user_pk uuid[]
SELECT u.user_id, p.product_id, c.product_name, c.order_cnt, c.version
FROM unnest($1::uuid[]) AS k (h_user_pk)
INNER JOIN dds.bv_user_product_counters AS c ON k.h_user_pk = c.h_user_pk
INNER JOIN dds.h_user AS u ON c.h_user_pk = u.h_user_pk
INNER JOIN dds.h_product AS p ON c.h_product_pk = p.h_product_pk
