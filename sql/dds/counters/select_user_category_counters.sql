-- Selects category counters that the batch touches without changing them, to publish them again.
-- $1 h_user_pk uuid[], $2 h_category_pk uuid[]
SELECT c.h_user_pk, h.category_name, c.order_cnt, c.version
FROM unnest($1::uuid[], $2::uuid[]) AS k (h_user_pk, h_category_pk)
INNER JOIN dds.bv_user_category_counters AS c
    ON k.h_user_pk = c.h_user_pk AND k.h_category_pk = c.h_category_pk
INNER JOIN dds.h_category AS h ON c.h_category_pk = h.h_category_pk
