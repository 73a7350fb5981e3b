-- A subscription with its valid secrets, the state of its sync, what is visible now, and the clock. `hour_run` is its row of the log of this
-- hour. Parameters: the subscription.
SELECT
    subscriptions.id,
    segments.segment_id,
    segments.id,
    segments.name,
    subscriptions.target,
    subscriptions.audience,
    subscriptions.destination,
    subscriptions.params::text,
    subscriptions.mode = 'full',
    subscriptions.cron,
    subscriptions.status,
    subscriptions.actual_end < 'infinity',
    ARRAY(
        SELECT secrets.secret
        FROM segments.secrets
        WHERE secrets.subscription_id = subscriptions.id
            AND (secrets.expires_at IS NULL OR secrets.expires_at > pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
        ORDER BY secrets.expires_at DESC NULLS FIRST
    ),
    syncs.seen::text,
    syncs.success_at,
    syncs.reconciled_at,
    syncs.failures,
    syncs.members,
    syncs.requested,
    (
        SELECT log.run_id
        FROM segments.log
        WHERE log.run_id = syncs.run_id AND log.action = 'update'
            AND log.first_upload_dttm >= pg_catalog.date_trunc('hour', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
    ),
    syncs.finished_at IS NOT NULL,
    pg_catalog.pg_current_snapshot()::text,
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM segments.subscriptions
JOIN segments.segments ON segments.id = subscriptions.segment_id
JOIN segments.syncs ON syncs.subscription_id = subscriptions.id
WHERE subscriptions.id = $1
