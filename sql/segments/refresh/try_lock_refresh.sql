-- Locks the refresh of a segment, if it is free. It is not the lock of the segment, which requests take. Parameters: the segment.
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashint8extended($1::int, 7224647966))
