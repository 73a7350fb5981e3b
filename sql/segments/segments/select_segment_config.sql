-- A segment with its settings. Parameters: the id.
SELECT
    actual_end = 'infinity',
    description,
    context,
    table_name,
    refresh_auto,
    refresh_params::text,
    refresh_cron,
    sources
FROM segments.segments
WHERE segment_id = $1
