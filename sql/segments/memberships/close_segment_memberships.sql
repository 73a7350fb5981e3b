-- Closes all open memberships of a segment. Parameters: the segment, the time, the operation.
UPDATE segments.memberships
SET end_at = GREATEST(start_at, $2), closed_by = $3
WHERE segment_id = $1 AND closed_by IS NULL
