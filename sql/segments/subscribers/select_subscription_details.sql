-- A subscription with the state of its sync. Parameters: its number.
SELECT
    subscriptions.id,
    subscriptions.consumer_id,
    consumers.name,
    segments.name,
    subscriptions.target,
    subscriptions.name,
    subscriptions.audience,
    subscriptions.params::text,
    subscriptions.cron,
    subscriptions.mode,
    subscriptions.status,
    subscriptions.actual_begin,
    CASE WHEN subscriptions.actual_end < 'infinity' THEN subscriptions.actual_end END,
    syncs.members,
    syncs.pending,
    syncs.failures,
    syncs.success_at,
    syncs.retry_at,
    CASE WHEN syncs.failures > 0 OR subscriptions.status = 'gone' THEN log.error END
FROM segments.subscriptions
JOIN segments.consumers ON consumers.id = subscriptions.consumer_id
JOIN segments.segments ON segments.id = subscriptions.segment_id
JOIN segments.syncs ON syncs.subscription_id = subscriptions.id
LEFT JOIN segments.log ON log.run_id = syncs.run_id
WHERE subscriptions.id = $1
