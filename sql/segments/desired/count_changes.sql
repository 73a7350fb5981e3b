-- What a refresh would change: open memberships that a refresh opened, those of them that it closes, users who join, members after it, and
-- memberships whose hashes have changed. One pass over both sides. Parameters: the segment, the time before the users were read.
SELECT
    pg_catalog.count(*) FILTER (WHERE stored.by_refresh),
    pg_catalog.count(*) FILTER (WHERE stored.by_refresh AND stored.start_at <= $2 AND desired.user_id IS NULL),
    pg_catalog.count(*) FILTER (WHERE stored.user_id IS NULL),
    pg_catalog.count(desired.user_id),
    pg_catalog.count(*) FILTER (
        WHERE stored.by_refresh AND desired.user_id IS NOT NULL
            AND (desired.hash_email, desired.hash_phone) IS DISTINCT FROM (stored.hash_email, stored.hash_phone)
    )
FROM pg_temp.desired
FULL JOIN (
    SELECT user_id, by_refresh, start_at, hash_email, hash_phone
    FROM segments.memberships
    WHERE segment_id = $1 AND closed_by IS NULL
) AS stored ON stored.user_id = desired.user_id
