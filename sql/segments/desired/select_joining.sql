-- The first users who would join a segment. Parameters: the limit.
SELECT users.guid
FROM pg_temp.differences
JOIN segments.users USING (user_id)
WHERE differences.membership_id IS NULL
ORDER BY users.user_id
LIMIT $1
