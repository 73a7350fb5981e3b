-- Compares the users who should be members with the open memberships, in one pass over both. Only memberships that a refresh opened are
-- closed, and none that began after the users were read. Parameters: the segment, the time before the users were read.
INSERT INTO pg_temp.differences (user_id, membership_id, is_desired, hash_email, hash_phone)
SELECT
    COALESCE(desired.user_id, stored.user_id),
    stored.id,
    desired.user_id IS NOT NULL,
    desired.hash_email,
    desired.hash_phone
FROM pg_temp.desired
FULL JOIN (
    SELECT id, user_id, by_refresh, start_at, hash_email, hash_phone
    FROM segments.memberships
    WHERE segment_id = $1 AND closed_by IS NULL
) AS stored ON stored.user_id = desired.user_id
WHERE CASE
    WHEN stored.id IS NULL THEN true
    WHEN NOT stored.by_refresh THEN false
    WHEN desired.user_id IS NULL THEN stored.start_at <= $2
    ELSE (desired.hash_email, desired.hash_phone) IS DISTINCT FROM (stored.hash_email, stored.hash_phone)
END
