-- Selects the hub key of a user who has a counter.
-- $1 source_id text
SELECT u.user_id
FROM cdm.users AS u
WHERE u.source_id = $1
