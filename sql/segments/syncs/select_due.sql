-- Subscriptions that have not ended, or whose target does not know it yet, with the state of their syncs, and the time of an operation that
-- touched the segment since the last sync. One whose predecessor with the same audience has not ended at the target waits for it.
SELECT
    subscriptions.id,
    subscriptions.target,
    subscriptions.cron,
    subscriptions.status,
    subscriptions.actual_end < 'infinity',
    CASE WHEN subscriptions.actual_end < 'infinity' THEN subscriptions.actual_end ELSE subscriptions.actual_begin END,
    syncs.success_at,
    syncs.reconciled_at,
    syncs.failures,
    syncs.retry_at,
    syncs.requested IS NOT NULL,
    LEAST(whole.at, of_user.at),
    syncs.pending,
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM segments.syncs
JOIN segments.subscriptions ON subscriptions.id = syncs.subscription_id
JOIN segments.segments ON segments.id = subscriptions.segment_id
LEFT JOIN LATERAL (
    SELECT operations.at
    FROM segments.operations
    WHERE operations.segment_id = segments.segment_id AND operations.xid >= pg_catalog.pg_snapshot_xmin(syncs.seen)
        AND NOT pg_catalog.pg_visible_in_snapshot(operations.xid, syncs.seen)
    ORDER BY operations.xid
    LIMIT 1
) AS whole ON true
LEFT JOIN LATERAL (
    SELECT touched.at
    FROM segments.operation_segments AS touched
    WHERE touched.segment_id = segments.segment_id AND touched.xid >= pg_catalog.pg_snapshot_xmin(syncs.seen)
        AND NOT pg_catalog.pg_visible_in_snapshot(touched.xid, syncs.seen)
    ORDER BY touched.xid
    LIMIT 1
) AS of_user ON true
WHERE syncs.finished_at IS NULL
    AND NOT EXISTS (
        SELECT
        FROM segments.subscriptions AS earlier
        JOIN segments.syncs AS unfinished ON unfinished.subscription_id = earlier.id AND unfinished.finished_at IS NULL
        WHERE (earlier.target, earlier.destination, earlier.audience)
            = (subscriptions.target, subscriptions.destination, subscriptions.audience)
            AND earlier.actual_end < 'infinity' AND earlier.id < subscriptions.id
    )
ORDER BY subscriptions.id
