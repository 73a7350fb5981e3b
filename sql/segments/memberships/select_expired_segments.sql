-- Segments with open memberships that have ended.
SELECT DISTINCT segment_id
FROM segments.memberships
WHERE closed_by IS NULL AND end_at < 'infinity' AND end_at <= pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
ORDER BY segment_id
