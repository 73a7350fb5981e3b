-- Subscriptions by number, a page of them, with the state of their syncs. Parameters: the consumer or null, the segment or null, whether
-- those that have ended are in it, after this one, the limit.
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
WHERE ($1::int IS NULL OR subscriptions.consumer_id = $1)
    AND ($2::text IS NULL OR segments.name = $2)
    AND ($3::bool OR subscriptions.actual_end = 'infinity')
    AND subscriptions.id > $4
ORDER BY subscriptions.id
LIMIT $5
