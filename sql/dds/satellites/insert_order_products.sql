-- Inserts lines that differ from the latest line of the order, which is known from its locked state. A removed line has
-- quantity 0.
-- $1 hk_order_product_pk uuid[], $2 quantity bigint[], $3 amount text[], $4 h_category_pk uuid[], $5 load_dt timestamp[],
-- $6 hashdiff uuid[], $7 load_src
INSERT INTO dds.s_order_product (
    hk_order_product_pk, quantity, amount, h_category_pk, load_dt, load_src, hk_order_product_hashdiff
)
SELECT n.hk_order_product_pk, n.quantity, n.amount::numeric(38, 5), n.h_category_pk, n.load_dt, $7, n.hashdiff
FROM
    unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::timestamp[], $6::uuid[])
        AS n (hk_order_product_pk, quantity, amount, h_category_pk, load_dt, hashdiff)
