-- Closes the memberships that a refresh opened before the users were read, of users who are not among them. Parameters: the segment, the
-- time, the operation, the time before the users were read.
UPDATE segments.memberships
SET end_at = GREATEST(start_at, $2), closed_by = $3::bigint
WHERE segment_id = $1 AND closed_by IS NULL AND by_refresh AND start_at <= $4
    AND NOT EXISTS (SELECT FROM pg_temp.desired WHERE desired.user_id = memberships.user_id)
