-- The next users in the order of their keys.
-- $1 h_user_pk uuid: behind this one; $2 how many, bigint
SELECT h.h_user_pk
FROM dds.h_user AS h
WHERE h.h_user_pk > $1
ORDER BY h.h_user_pk
LIMIT $2
