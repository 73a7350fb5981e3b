-- Inserts statuses that differ from the latest status of the order, which is known from its locked state.
-- $1 h_order_pk uuid[], $2 status text[], $3 load_dt timestamp[], $4 hashdiff uuid[], $5 load_src
INSERT INTO dds.s_order_status (h_order_pk, status, load_dt, load_src, hk_order_status_hashdiff)
SELECT n.h_order_pk, n.status, n.load_dt, $5, n.hashdiff
FROM unnest($1::uuid[], $2::text[], $3::timestamp[], $4::uuid[]) AS n (h_order_pk, status, load_dt, hashdiff)
