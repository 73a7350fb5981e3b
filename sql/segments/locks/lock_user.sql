-- Locks a user, after the segments. Returns the id. Parameters: the id or the guid; the other one is null.
SELECT locked.user_id, pg_catalog.pg_advisory_xact_lock(pg_catalog.hashint8extended(locked.user_id, 7224647964))::text
FROM (
    SELECT user_id
    FROM segments.users
    WHERE user_id = $1 OR guid = $2
    OFFSET 0
) AS locked
