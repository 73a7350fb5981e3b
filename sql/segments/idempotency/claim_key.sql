-- Claims a key for this transaction. Waits for another transaction that has claimed it. Returns no row if the key has an answer that is
-- less than a day old. Parameters: the caller, the key.
INSERT INTO segments.idempotency AS stored (caller, key, created_at)
VALUES ($1, $2, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
ON CONFLICT (caller, key) DO UPDATE
SET fingerprint = NULL, status = NULL, body = NULL, created_at = excluded.created_at
WHERE stored.created_at < excluded.created_at - interval '24 hours'
RETURNING true
