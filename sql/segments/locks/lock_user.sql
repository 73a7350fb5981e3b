-- Locks a user, after the segments. Returns the id. Parameters: the id, the guid, the id in the source; two of them are null.
SELECT locked.user_id, pg_catalog.pg_advisory_xact_lock(pg_catalog.hashint8extended(locked.user_id, 7224647964))::text
FROM (
    SELECT user_id
    FROM segments.users
    WHERE user_id = $1 OR guid = $2 OR source_id = $3
    OFFSET 0
) AS locked
