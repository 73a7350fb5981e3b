-- The active users whose numbers the returned rows have. Of repeated ones, the row with the lowest hashes counts. Returns how many rows
-- name no user.
WITH named AS MATERIALIZED (
    SELECT users.user_id, users.status, given.hash_email, given.hash_phone
    FROM pg_temp.given
    LEFT JOIN segments.users ON users.user_id = given.user_id
),
desired AS (
    INSERT INTO pg_temp.desired (user_id, hash_email, hash_phone)
    SELECT DISTINCT ON (named.user_id) named.user_id, named.hash_email, named.hash_phone
    FROM named
    WHERE named.status = 'active'
    ORDER BY named.user_id, named.hash_email, named.hash_phone
)
SELECT pg_catalog.count(*) FROM named WHERE user_id IS NULL
