-- Changes the description of a consumer that has not ended, with the operation. Parameters: the number, the description, the actor, the
-- request.
WITH changed AS (
    UPDATE segments.consumers
    SET description = $2
    WHERE id = $1 AND actual_end = 'infinity'
    RETURNING id, name, description, actual_begin
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, detail)
    SELECT
        'update_consumer', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', $3, $4,
        pg_catalog.jsonb_build_object('consumer', changed.id, 'name', changed.name)
    FROM changed
)
SELECT id, name, description, actual_begin, NULL::timestamp FROM changed
