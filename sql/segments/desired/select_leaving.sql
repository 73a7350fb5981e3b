-- The first users who would leave a segment. Parameters: the segment, the limit.
SELECT users.guid
FROM segments.memberships
JOIN segments.users USING (user_id)
WHERE memberships.segment_id = $1 AND memberships.closed_by IS NULL AND memberships.by_refresh
    AND NOT EXISTS (SELECT FROM pg_temp.desired WHERE desired.user_id = memberships.user_id)
ORDER BY users.user_id
LIMIT $2
