-- Of all replicas one at a time applies rules to the users of this shard, until its transaction ends. Before pause_batches: who
-- waits for a shard holds up nobody else. The number is any, but for ever.
-- $1 shard bigint
SELECT pg_advisory_xact_lock(7224647958 + $1)
