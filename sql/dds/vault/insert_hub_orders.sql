-- Inserts new orders. Existing rows keep their load_dt and order_dt. Rows are ordered by key, so that replicas cannot
-- deadlock.
-- $1 h_order_pk uuid[], $2 order_id bigint[], $3 order_dt timestamp[], $4 load_dt timestamp[], $5 load_src
INSERT INTO dds.h_order (h_order_pk, order_id, order_dt, load_dt, load_src)
SELECT n.h_order_pk, n.order_id, n.order_dt, n.load_dt, $5
FROM unnest($1::uuid[], $2::bigint[], $3::timestamp[], $4::timestamp[]) AS n (h_order_pk, order_id, order_dt, load_dt)
ORDER BY n.h_order_pk
ON CONFLICT DO NOTHING
