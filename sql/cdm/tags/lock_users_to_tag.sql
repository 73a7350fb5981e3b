-- Locks users whose tags change, so that changes of one user are serialized, whatever the rule. Only then is the order
-- of seq the order of commits.
-- $1 user_id uuid[]
SELECT
FROM cdm.users AS u
WHERE u.user_id = ANY($1::uuid[])
ORDER BY u.user_id
FOR NO KEY UPDATE
