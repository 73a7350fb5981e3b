-- A user. Parameters: the id, the guid, the id in the source; two of them are null.
SELECT users.user_id, users.guid, users.source_id, users.status, users.name, users.lastname, users.sex, users.age
FROM (
    SELECT user_id FROM segments.users WHERE user_id = $1
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $2
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $3
) AS given
JOIN segments.users USING (user_id)
