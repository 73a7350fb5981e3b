-- Updates states that lock_order_states has locked; order_dt does not change. The keys are repeated in the condition: a
-- plan made while the table was empty would otherwise be a merge join with the complete index.
-- $1 h_order_pk uuid[], $2 version text[], $3 load_dt timestamp[], $4 h_user_pk uuid[], $5 order_dt timestamp[],
-- $6 h_restaurant_pk uuid[], $7 status text[], $8 cost text[], $9 payment text[], $10 amounts: array literals, text[];
-- $11, $12 first and last line of the order int[], counted from 1 in the lines of all orders: $13 product_pks uuid[],
-- $14 category_pks uuid[], $15 quantities bigint[]
UPDATE dds.bv_order_states AS s
SET
    version = n.version,
    load_dt = n.load_dt,
    h_user_pk = n.h_user_pk,
    h_restaurant_pk = n.h_restaurant_pk,
    status = n.status,
    cost = n.cost::numeric(19, 5),
    payment = n.payment::numeric(19, 5),
    product_pks = ($13::uuid[])[n.first_line:n.last_line],
    category_pks = ($14::uuid[])[n.first_line:n.last_line],
    quantities = ($15::bigint[])[n.first_line:n.last_line],
    amounts = n.amounts::numeric(38, 5)[]
FROM
    unnest(
        $1::uuid[], $2::text[], $3::timestamp[], $4::uuid[], $5::timestamp[], $6::uuid[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::int[], $12::int[]
    ) AS n (
        h_order_pk, version, load_dt, h_user_pk, order_dt, h_restaurant_pk, status, cost, payment,
        amounts, first_line, last_line
    )
WHERE s.h_order_pk = n.h_order_pk AND s.h_order_pk = ANY($1::uuid[])
