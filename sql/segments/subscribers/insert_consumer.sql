-- Creates a consumer, with its operation; no row if the name is taken. Parameters: the name, the description, the actor, the request.
WITH created AS (
    INSERT INTO segments.consumers (name, description, actual_begin)
    VALUES ($1, $2, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
    ON CONFLICT (name) DO NOTHING
    RETURNING id, name, description, actual_begin
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, detail)
    SELECT
        'create_consumer', created.actual_begin, $3, $4,
        pg_catalog.jsonb_build_object('consumer', created.id, 'name', created.name)
    FROM created
)
SELECT id, name, description, actual_begin, NULL::timestamp FROM created
