-- The number of open memberships of a segment. Parameters: the segment.
SELECT pg_catalog.count(*) FROM segments.memberships WHERE segment_id = $1 AND closed_by IS NULL
