-- Opens memberships of the users who have none. They are locked, so that none is removed meanwhile. Parameters: the segment, the time, the
-- operation.
WITH joining AS (
    SELECT users.user_id, differences.hash_email, differences.hash_phone
    FROM pg_temp.differences
    JOIN segments.users USING (user_id)
    WHERE users.status = 'active' AND differences.membership_id IS NULL
    ORDER BY users.user_id
    FOR SHARE OF users
)
INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh, hash_email, hash_phone)
SELECT
    $1,
    user_id,
    GREATEST(
        $2,
        -- All of them are closed. A condition on closed_by would let the planner read all closed rows, should it believe that there are few.
        (
            SELECT pg_catalog.max(closed.end_at)
            FROM segments.memberships AS closed
            WHERE closed.segment_id = $1 AND closed.user_id = joining.user_id AND closed.end_at > closed.start_at
        )
    ),
    $3::bigint,
    true,
    hash_email,
    hash_phone
FROM joining
ORDER BY user_id
