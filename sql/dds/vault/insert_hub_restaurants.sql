-- Inserts new restaurants. Existing rows keep their load_dt, and DO NOTHING neither locks nor writes them. Rows are
-- ordered by key, so that replicas which insert the same rows cannot deadlock.
-- $1 h_restaurant_pk uuid[], $2 restaurant_id text[], $3 load_dt timestamp[], $4 load_src
INSERT INTO dds.h_restaurant (h_restaurant_pk, restaurant_id, load_dt, load_src)
SELECT n.h_restaurant_pk, n.restaurant_id, n.load_dt, $4
FROM unnest($1::uuid[], $2::text[], $3::timestamp[]) AS n (h_restaurant_pk, restaurant_id, load_dt)
ORDER BY n.h_restaurant_pk
ON CONFLICT DO NOTHING
