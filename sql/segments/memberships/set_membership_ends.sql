-- Sets the ends of open memberships. Parameters: an array each of ids and ends.
UPDATE segments.memberships AS stored
SET end_at = given.end_at
FROM unnest($1::bigint[], $2::timestamp[]) AS given (id, end_at)
WHERE stored.id = given.id AND stored.closed_by IS NULL
