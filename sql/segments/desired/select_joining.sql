-- The first users who would join a segment. Parameters: the segment, the limit.
SELECT users.guid
FROM pg_temp.desired
JOIN segments.users USING (user_id)
WHERE NOT EXISTS (
    SELECT
    FROM segments.memberships
    WHERE memberships.segment_id = $1 AND memberships.user_id = desired.user_id AND memberships.closed_by IS NULL
)
ORDER BY users.user_id
LIMIT $2
