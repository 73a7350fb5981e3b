-- Selects product counters that the batch touches without changing them, to publish them again.
-- $1 h_user_pk uuid[], $2 h_product_pk uuid[]
SELECT c.h_user_pk, h.product_id, c.product_name, c.order_cnt, c.version
FROM unnest($1::uuid[], $2::uuid[]) AS k (h_user_pk, h_product_pk)
INNER JOIN dds.bv_user_product_counters AS c
    ON k.h_user_pk = c.h_user_pk AND k.h_product_pk = c.h_product_pk
INNER JOIN dds.h_product AS h ON c.h_product_pk = h.h_product_pk
