-- Records a complete sync. Parameters: the subscription, what was visible at its begin, its begin, whether everything was compared, the
-- members at the target, the row of the log, the request that it answers.
WITH uploaded AS (
    UPDATE segments.subscriptions SET status = 'uploaded' WHERE id = $1 AND status <> 'uploaded'
)
UPDATE segments.syncs
SET
    seen = $2::text::pg_snapshot,
    success_at = $3,
    reconciled_at = CASE WHEN $4::bool THEN $3 ELSE reconciled_at END,
    reconciling_since = NULL,
    failures = 0,
    retry_at = NULL,
    pending = 0,
    members = $5::bigint,
    run_id = COALESCE($6::bigint, run_id),
    requested = NULLIF(requested, $7::bigint)
WHERE subscription_id = $1
