-- The number of open memberships of a segment that have ended. Parameters: the segment, the time.
SELECT pg_catalog.count(*)
FROM segments.memberships
WHERE segment_id = $1 AND closed_by IS NULL AND end_at <= $2
