-- Closes the open memberships of a segment that have ended; their end stays. Parameters: the segment, the time, the operation.
UPDATE segments.memberships
SET closed_by = $3
WHERE segment_id = $1 AND closed_by IS NULL AND end_at <= $2
