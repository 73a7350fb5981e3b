-- Inserts missing names of orders, with the time since which each order waits.
-- $1 kind text[], $2 name_id text[], $3 restaurant_id text[], $4 object_id bigint[], $5 parked_at timestamp[]
INSERT INTO stg.missing_names (kind, name_id, restaurant_id, object_id, parked_at)
SELECT n.kind, n.name_id, n.restaurant_id, n.object_id, n.parked_at
FROM
    unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamp[])
        AS n (kind, name_id, restaurant_id, object_id, parked_at)
ORDER BY n.kind, n.name_id, n.restaurant_id, n.object_id
ON CONFLICT DO NOTHING
