-- Deletes the missing names of some orders.
-- $1 object_id bigint[]
DELETE FROM stg.missing_names AS m
WHERE m.object_id = ANY($1::bigint[])
