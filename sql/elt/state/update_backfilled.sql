-- The state after a backfill that has written rows: hashes in Redis no longer count, and keys are compared again.
-- $1: the target table.
UPDATE elt.jobs
SET
    token = gen_random_uuid(),
    keys_hash = NULL,
    keys_count = NULL,
    keys_sum = NULL,
    unresolved = NULL
WHERE target = $1
