-- Locks a shard of users until the transaction ends: one replica at a time applies rules to it. Must run before
-- pause_batches, so that a wait for a shard does not block batches. The lock number is arbitrary and must never change.
-- $1 shard bigint
SELECT pg_advisory_xact_lock(7224647958 + $1)
