-- Of all replicas one at a time applies rules to the users of this lane, until its transaction ends. Before pause_batches: who
-- waits for a lane holds up nobody else. The number is any, but for ever.
-- $1 lane bigint
SELECT pg_advisory_xact_lock(7224647958 + $1)
