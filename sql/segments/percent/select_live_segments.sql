-- The alive segments with a live percentage that users join when they are created or activated.
SELECT segment_id, name, live_buckets
FROM segments.segments
WHERE live_buckets IS NOT NULL AND actual_end = 'infinity'
ORDER BY segment_id
