-- A page of the segments at an instant, and the clock. Without a segment there is one row. Parameters: the instant or null, whether deleted
-- ones too, the last segment of the page before, the limit.
SELECT
    clock.now,
    page.segment_id,
    page.id,
    page.name,
    page.description,
    page.context,
    page.table_name,
    page.actual_begin,
    page.actual_end,
    page.refresh_auto,
    page.refresh_params::text,
    page.refresh_cron,
    page.sources
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN LATERAL (
    SELECT segments.*
    FROM segments.segments
    WHERE segment_id > $3
        AND actual_begin <= COALESCE($1::timestamp, clock.now)
        AND ($2::bool OR actual_end > COALESCE($1::timestamp, clock.now))
    ORDER BY segment_id
    LIMIT $4
) AS page ON true
ORDER BY page.segment_id
