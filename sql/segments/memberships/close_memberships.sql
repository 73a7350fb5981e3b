-- Closes memberships. Parameters: the operation, and an array each of ids and ends.
UPDATE segments.memberships AS stored
SET end_at = given.end_at, closed_by = $1
FROM unnest($2::bigint[], $3::timestamp[]) AS given (id, end_at)
WHERE stored.id = given.id AND stored.closed_by IS NULL
