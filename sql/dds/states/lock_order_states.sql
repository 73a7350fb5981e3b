-- Locks and returns the states of some orders, in the order of their keys, until the transaction ends. Replicas that
-- hold versions of the same order apply them one after the other. If several states together have more lines than $2,
-- the lines are NULL.
-- $1 h_order_pk uuid[], $2 maximum number of lines bigint
WITH locked AS (
    SELECT
        s.h_order_pk, s.version, s.load_dt, s.h_user_pk, s.status, s.cost, s.payment, s.product_pks, s.category_pks,
        s.quantities, s.amounts, s.order_dt, s.h_restaurant_pk
    FROM dds.bv_order_states AS s
    WHERE s.h_order_pk = ANY($1::uuid[])
    ORDER BY s.h_order_pk
    FOR UPDATE
),

size AS (
    SELECT count(*) = 1 OR sum(cardinality(l.product_pks)) <= $2::bigint AS fits
    FROM locked AS l
)

SELECT
    l.h_order_pk, l.version, l.load_dt, l.h_user_pk, l.status, l.cost::text, l.payment::text,
    CASE WHEN z.fits THEN l.product_pks END AS product_pks,
    CASE WHEN z.fits THEN l.category_pks END AS category_pks,
    CASE WHEN z.fits THEN l.quantities END AS quantities,
    CASE WHEN z.fits THEN l.amounts::text[] END AS amounts,
    l.order_dt, l.h_restaurant_pk
FROM locked AS l
CROSS JOIN size AS z
