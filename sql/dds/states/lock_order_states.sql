-- Locks and returns the states of some orders, in the order of their keys, until the transaction ends. Replicas that
-- hold versions of the same order apply them one after the other.
-- $1 h_order_pk uuid[]
SELECT
    s.h_order_pk, s.version, s.load_dt, s.h_user_pk, s.status, s.cost::text, s.payment::text,
    s.product_pks, s.category_pks, s.quantities, s.amounts::text[], s.order_dt, s.h_restaurant_pk
FROM dds.bv_order_states AS s
WHERE s.h_order_pk = ANY($1::uuid[])
ORDER BY s.h_order_pk
FOR UPDATE
