-- Closes the memberships whose hashes have changed, and opens others at the same instant. Parameters: the segment, the time, the operation.
WITH closed AS (
    UPDATE segments.memberships AS stored
    SET end_at = GREATEST(stored.start_at, $2), closed_by = $3::bigint
    FROM pg_temp.desired
    WHERE stored.segment_id = $1 AND stored.closed_by IS NULL AND stored.by_refresh AND desired.user_id = stored.user_id
        AND (desired.hash_email, desired.hash_phone) IS DISTINCT FROM (stored.hash_email, stored.hash_phone)
    RETURNING stored.user_id, stored.end_at, desired.hash_email, desired.hash_phone
)
INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh, hash_email, hash_phone)
SELECT $1, user_id, end_at, $3::bigint, true, hash_email, hash_phone
FROM closed
ORDER BY user_id
