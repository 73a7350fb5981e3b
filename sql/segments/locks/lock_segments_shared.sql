-- Locks the segments with these names, to change one user in them. Returns their ids. A name that does not exist now is not locked, and
-- stays unknown to this transaction. Parameters: the names.
SELECT locked.segment_id, pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashint8extended(locked.segment_id, 7224647963))::text
FROM (
    SELECT segment_id
    FROM segments.segments
    WHERE name = ANY ($1)
    ORDER BY segment_id
    OFFSET 0
) AS locked
