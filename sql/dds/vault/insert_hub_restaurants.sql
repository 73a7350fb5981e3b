-- New restaurants; those already there keep the load_dt they first came with. DO NOTHING neither locks nor writes an existing
-- row. Ordered by key: two replicas that meet the same new rows wait for each other, never in a circle.
-- $1 h_restaurant_pk uuid[], $2 restaurant_id text[], $3 load_dt timestamp[], $4 load_src
INSERT INTO dds.h_restaurant (h_restaurant_pk, restaurant_id, load_dt, load_src)
SELECT n.h_restaurant_pk, n.restaurant_id, n.load_dt, $4
FROM unnest($1::uuid[], $2::text[], $3::timestamp[]) AS n (h_restaurant_pk, restaurant_id, load_dt)
ORDER BY n.h_restaurant_pk
ON CONFLICT DO NOTHING
