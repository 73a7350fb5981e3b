-- The first users who would leave a segment. Parameters: the limit.
SELECT users.guid
FROM pg_temp.differences
JOIN segments.users USING (user_id)
WHERE NOT differences.is_desired
ORDER BY users.user_id
LIMIT $1
