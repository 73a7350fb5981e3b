-- Closes the memberships of users who should be members no longer. Parameters: the time, the operation.
UPDATE segments.memberships
SET end_at = GREATEST(memberships.start_at, $1), closed_by = $2::bigint
FROM pg_temp.differences
WHERE memberships.id = differences.membership_id AND memberships.closed_by IS NULL AND NOT differences.is_desired
