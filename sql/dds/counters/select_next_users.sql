-- Selects the next users in the order of their keys.
-- $1 h_user_pk uuid: the last user so far; $2 maximum number of users bigint
SELECT h.h_user_pk
FROM dds.h_user AS h
WHERE h.h_user_pk > $1
ORDER BY h.h_user_pk
LIMIT $2
