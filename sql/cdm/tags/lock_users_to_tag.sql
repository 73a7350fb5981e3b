-- Changes of one user's tags follow each other, whatever the rule: only then is the order of seq that of the commits.
-- $1 user_id uuid[]
SELECT
FROM cdm.users AS u
WHERE u.user_id = ANY($1::uuid[])
ORDER BY u.user_id
FOR NO KEY UPDATE
