-- Automatic segments, or one segment, with what is known of their refreshes, whether an operation since has touched what a percentage
-- depends on, and the clock. Parameters: the segment, or null.
SELECT
    segments.segment_id,
    segments.id,
    segments.name,
    segments.table_name,
    segments.actual_end = 'infinity',
    segments.refresh_auto,
    segments.refresh_params::text,
    segments.refresh_cron,
    segments.sources,
    refreshes.success_at,
    COALESCE(refreshes.failures, 0),
    refreshes.retry_at,
    CASE
        WHEN segments.live_buckets IS NULL AND segments.refresh_params -> 'percent' IS NOT NULL AND refreshes.seen IS NOT NULL
        THEN segments.touched(segments.refresh_params::jsonb, refreshes.seen)
        ELSE false
    END,
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM segments.segments
LEFT JOIN segments.refreshes USING (segment_id)
WHERE CASE
    WHEN $1::int IS NULL THEN segments.actual_end = 'infinity' AND segments.refresh_auto
    ELSE segments.segment_id = $1
END
ORDER BY segments.segment_id
