-- What these orders wait for.
-- $1 kind text[], $2 name_id text[], $3 restaurant_id text[], $4 object_id bigint[]
INSERT INTO stg.missing_names (kind, name_id, restaurant_id, object_id)
SELECT n.kind, n.name_id, n.restaurant_id, n.object_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS n (kind, name_id, restaurant_id, object_id)
ORDER BY n.kind, n.name_id, n.restaurant_id, n.object_id
ON CONFLICT DO NOTHING
