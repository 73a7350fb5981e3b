-- The number of returned rows that name no user.
SELECT pg_catalog.count(*)
FROM pg_temp.given
WHERE NOT EXISTS (SELECT FROM segments.users WHERE users.user_id = given.user_id)
    AND NOT EXISTS (SELECT FROM segments.users WHERE users.source_id = given.source_id)
    AND NOT EXISTS (SELECT FROM segments.users WHERE users.guid = given.guid)
