-- A segment with its settings, and the clock. Parameters: the name.
SELECT
    clock.now,
    segment_id,
    id,
    name,
    description,
    context,
    table_name,
    actual_begin,
    actual_end,
    refresh_auto,
    refresh_params::text,
    refresh_cron,
    sources
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
JOIN segments.segments ON name = $1
