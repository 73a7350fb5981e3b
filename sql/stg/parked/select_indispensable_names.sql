-- Selects the users and restaurants that some orders wait for. An order cannot be released without them.
-- $1 object_id bigint[]
SELECT m.object_id, m.kind, m.name_id
FROM stg.missing_names AS m
WHERE m.object_id = ANY($1::bigint[]) AND m.kind IN ('user', 'restaurant')
ORDER BY m.object_id, m.kind, m.name_id
