-- Deletes answers that are more than a day old, some of them. One that a request is claiming again is left alone.
DELETE FROM segments.idempotency
WHERE (caller, key) IN (
    SELECT caller, key
    FROM segments.idempotency
    WHERE created_at < (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') - interval '24 hours'
    ORDER BY created_at
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
