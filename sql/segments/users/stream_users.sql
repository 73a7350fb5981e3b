-- All users, or one. Parameters: the id, or null.
SELECT user_id, name, lastname, sex, age, status = 'removed'
FROM segments.users
WHERE $1::int IS NULL OR user_id = $1
ORDER BY user_id
