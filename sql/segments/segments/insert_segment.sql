-- Creates a segment, unless the name is taken; then no id is consumed. Parameters: the name.
INSERT INTO segments.segments (name, actual_begin)
SELECT $1::text, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE NOT EXISTS (SELECT FROM segments.segments WHERE name = $1)
ON CONFLICT (name) DO NOTHING
RETURNING segment_id
