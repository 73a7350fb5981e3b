-- Selects the names that parked orders wait for, with the number of orders and the time since which the first one
-- waits. Names with the most orders come first.
-- $1 kind, NULL: any; $2 the id of a name or of an order text, NULL: any; $3 parked before timestamp, NULL: any time;
-- $4 maximum number of names bigint, NULL: all
SELECT m.kind, m.name_id, m.restaurant_id, count(*), min(m.parked_at)
FROM stg.missing_names AS m
WHERE
    ($1::text IS NULL OR m.kind = $1)
    AND ($2::text IS NULL OR $2 IN (m.name_id, m.restaurant_id, m.object_id::text))
    AND ($3::timestamp IS NULL OR m.parked_at < $3)
GROUP BY m.kind, m.name_id, m.restaurant_id
ORDER BY count(*) DESC, m.kind, m.name_id, m.restaurant_id
LIMIT $4
