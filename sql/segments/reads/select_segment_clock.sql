-- The clock, and whether there is a segment of that name. Parameters: the name.
SELECT clock.now, segments.segment_id
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN segments.segments ON segments.name = $1
