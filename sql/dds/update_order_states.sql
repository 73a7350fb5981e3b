-- New states of orders that lock_order_states has locked.
-- $1 h_order_pk uuid[], $2 version text[], $3 load_dt timestamp[], $4 h_user_pk uuid[], $5 status text[], $6 cost text[],
-- $7 payment text[]; $8 product_pks, $9 category_pks, $10 quantities, $11 amounts: array literals, text[]
UPDATE dds.bv_order_states AS s
SET
    version = n.version,
    load_dt = n.load_dt,
    h_user_pk = n.h_user_pk,
    status = n.status,
    cost = n.cost::numeric(19, 5),
    payment = n.payment::numeric(19, 5),
    product_pks = n.product_pks::uuid[],
    category_pks = n.category_pks::uuid[],
    quantities = n.quantities::bigint[],
    amounts = n.amounts::numeric(38, 5)[]
FROM
    unnest(
        $1::uuid[], $2::text[], $3::timestamp[], $4::uuid[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::text[]
    ) AS n (
        h_order_pk, version, load_dt, h_user_pk, status, cost, payment,
        product_pks, category_pks, quantities, amounts
    )
WHERE s.h_order_pk = n.h_order_pk
