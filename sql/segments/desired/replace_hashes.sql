-- Closes the memberships whose hashes have changed, and opens others at the same instant. Parameters: the segment, the time, the operation.
WITH closed AS (
    UPDATE segments.memberships AS stored
    SET end_at = GREATEST(stored.start_at, $2), closed_by = $3::bigint
    FROM pg_temp.differences
    WHERE stored.id = differences.membership_id AND stored.closed_by IS NULL AND differences.is_desired
    RETURNING stored.user_id, stored.end_at, differences.hash_email, differences.hash_phone
)
INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh, hash_email, hash_phone)
SELECT $1, user_id, end_at, $3::bigint, true, hash_email, hash_phone
FROM closed
ORDER BY user_id
