-- Inserts states of new orders. There is no ON CONFLICT: if another replica has stored the order in the meantime, the
-- unique violation rolls the batch back, and the batch is repeated.
-- $1 h_order_pk uuid[], $2 version text[], $3 load_dt timestamp[], $4 h_user_pk uuid[], $5 order_dt timestamp[],
-- $6 h_restaurant_pk uuid[], $7 status text[], $8 cost text[], $9 payment text[], $10 amounts: array literals, text[];
-- $11, $12 first and last line of the order int[], counted from 1 in the lines of all orders: $13 product_pks uuid[],
-- $14 category_pks uuid[], $15 quantities bigint[]
INSERT INTO dds.bv_order_states (
    h_order_pk, version, load_dt, h_user_pk, order_dt, h_restaurant_pk, status, cost, payment, product_pks,
    category_pks, quantities, amounts
)
SELECT
    n.h_order_pk, n.version, n.load_dt, n.h_user_pk, n.order_dt, n.h_restaurant_pk, n.status,
    n.cost::numeric(19, 5),
    n.payment::numeric(19, 5),
    ($13::uuid[])[n.first_line:n.last_line],
    ($14::uuid[])[n.first_line:n.last_line],
    ($15::bigint[])[n.first_line:n.last_line],
    n.amounts::numeric(38, 5)[]
FROM
    unnest(
        $1::uuid[], $2::text[], $3::timestamp[], $4::uuid[], $5::timestamp[], $6::uuid[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::int[], $12::int[]
    ) AS n (
        h_order_pk, version, load_dt, h_user_pk, order_dt, h_restaurant_pk, status, cost, payment,
        amounts, first_line, last_line
    )
ORDER BY n.h_order_pk
