-- Records a failed sync. Parameters: the subscription, the status, the time until the next attempt in milliseconds, the changes that wait,
-- the members at the target, the row of the log, the request that it answers.
WITH failed AS (
    UPDATE segments.subscriptions SET status = $2 WHERE id = $1 AND status <> $2
)
UPDATE segments.syncs
SET
    failures = failures + 1,
    retry_at = (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + $3::bigint * interval '1 millisecond',
    reconciling_since = NULL,
    pending = $4::bigint,
    members = $5::bigint,
    run_id = COALESCE($6::bigint, run_id),
    requested = NULLIF(requested, $7::bigint)
WHERE subscription_id = $1
