-- Locks segments by id, to change one user in them. Parameters: the ids.
SELECT pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashint8extended(locked.segment_id, 7224647963))::text
FROM (SELECT segment_id FROM unnest($1::int[]) AS given (segment_id) ORDER BY segment_id OFFSET 0) AS locked
