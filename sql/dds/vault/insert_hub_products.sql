-- Inserts new products. Existing rows keep their load_dt, and DO NOTHING neither locks nor writes them. Rows are
-- ordered by key, so that replicas which insert the same rows cannot deadlock.
-- $1 h_product_pk uuid[], $2 product_id text[], $3 load_dt timestamp[], $4 load_src
INSERT INTO dds.h_product (h_product_pk, product_id, load_dt, load_src)
SELECT n.h_product_pk, n.product_id, n.load_dt, $4
FROM unnest($1::uuid[], $2::text[], $3::timestamp[]) AS n (h_product_pk, product_id, load_dt)
ORDER BY n.h_product_pk
ON CONFLICT DO NOTHING
