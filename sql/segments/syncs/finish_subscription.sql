-- Records that the target knows the end of a subscription, and forgets what it had. Parameters: the subscription, the row of the log.
WITH forgotten AS (
    DELETE FROM segments.deliveries WHERE subscription_id = $1
),
secret AS (
    DELETE FROM segments.secrets WHERE subscription_id = $1
)
UPDATE segments.syncs
SET
    finished_at = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', failures = 0, retry_at = NULL, pending = 0, members = 0,
    requested = NULL, run_id = COALESCE($2::bigint, run_id)
WHERE subscription_id = $1
