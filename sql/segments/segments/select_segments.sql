-- Segments by id. Parameters: the ids.
SELECT
    segment_id,
    name,
    actual_end = 'infinity',
    refresh_auto,
    (refresh_params -> 'tag') IS NOT NULL
FROM segments.segments
WHERE segment_id = ANY ($1)
ORDER BY segment_id
