-- New states of orders that lock_order_states has locked. Their keys stand in the condition once more: a plan that was made
-- while the table was empty would otherwise merge with the whole of its index.
-- $1 h_order_pk uuid[], $2 version text[], $3 load_dt timestamp[], $4 h_user_pk uuid[], $5 status text[], $6 cost text[],
-- $7 payment text[], $8 amounts: array literals, text[]; $9, $10 first and last line of the order int[], counted from 1 in
-- the lines of all orders: $11 product_pks uuid[], $12 category_pks uuid[], $13 quantities bigint[]
UPDATE dds.bv_order_states AS s
SET
    version = n.version,
    load_dt = n.load_dt,
    h_user_pk = n.h_user_pk,
    status = n.status,
    cost = n.cost::numeric(19, 5),
    payment = n.payment::numeric(19, 5),
    product_pks = ($11::uuid[])[n.first_line:n.last_line],
    category_pks = ($12::uuid[])[n.first_line:n.last_line],
    quantities = ($13::bigint[])[n.first_line:n.last_line],
    amounts = n.amounts::numeric(38, 5)[]
FROM
    unnest(
        $1::uuid[], $2::text[], $3::timestamp[], $4::uuid[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::int[], $10::int[]
    ) AS n (
        h_order_pk, version, load_dt, h_user_pk, status, cost, payment,
        amounts, first_line, last_line
    )
WHERE s.h_order_pk = n.h_order_pk AND s.h_order_pk = ANY($1::uuid[])
