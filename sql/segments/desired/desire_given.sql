-- The active users that the returned rows name; of repeated ones, the row with the lowest hashes. An id from outside names the user with
-- that source_id, else the one with that guid.
INSERT INTO pg_temp.desired (user_id, hash_email, hash_phone)
SELECT DISTINCT ON (named.user_id) named.user_id, named.hash_email, named.hash_phone
FROM (
    SELECT users.user_id, given.hash_email, given.hash_phone
    FROM pg_temp.given
    JOIN segments.users ON users.user_id = given.user_id
    WHERE users.status = 'active'
    UNION ALL
    SELECT users.user_id, given.hash_email, given.hash_phone
    FROM pg_temp.given
    JOIN segments.users ON users.source_id = given.source_id
    WHERE users.status = 'active'
    UNION ALL
    SELECT users.user_id, given.hash_email, given.hash_phone
    FROM pg_temp.given
    JOIN segments.users ON users.guid = given.guid
    WHERE users.status = 'active'
        AND NOT EXISTS (SELECT FROM segments.users AS source WHERE source.source_id = given.source_id)
) AS named
ORDER BY named.user_id, named.hash_email, named.hash_phone
