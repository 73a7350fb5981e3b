-- Locks a segment, to change all its members. Parameters: its id.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashint8extended($1::int, 7224647963))::text
