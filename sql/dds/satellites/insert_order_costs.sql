-- Inserts costs that differ from the latest cost of the order, which is known from its locked state.
-- $1 h_order_pk uuid[], $2 cost text[], $3 payment text[], $4 load_dt timestamp[], $5 hashdiff uuid[], $6 load_src
INSERT INTO dds.s_order_cost (h_order_pk, cost, payment, load_dt, load_src, hk_order_cost_hashdiff)
SELECT n.h_order_pk, n.cost::numeric(19, 5), n.payment::numeric(19, 5), n.load_dt, $6, n.hashdiff
FROM
    unnest($1::uuid[], $2::text[], $3::text[], $4::timestamp[], $5::uuid[])
        AS n (h_order_pk, cost, payment, load_dt, hashdiff)
