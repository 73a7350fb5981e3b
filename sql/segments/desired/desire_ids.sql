-- The active users whom the ids from outside name: the one with that source_id, else the one with that GUID. Of repeated ones, the row with
-- the lowest hashes counts. Returns how many rows name no user.
WITH named AS MATERIALIZED (
    SELECT
        COALESCE(source.user_id, other.user_id) AS user_id,
        COALESCE(source.status, other.status) AS status,
        given.hash_email,
        given.hash_phone
    FROM pg_temp.given
    LEFT JOIN segments.users AS source ON source.source_id = given.source_id
    LEFT JOIN segments.users AS other ON other.guid = given.guid AND source.user_id IS NULL
),
desired AS (
    INSERT INTO pg_temp.desired (user_id, hash_email, hash_phone)
    SELECT DISTINCT ON (named.user_id) named.user_id, named.hash_email, named.hash_phone
    FROM named
    WHERE named.status = 'active'
    ORDER BY named.user_id, named.hash_email, named.hash_phone
)
SELECT pg_catalog.count(*) FROM named WHERE user_id IS NULL
