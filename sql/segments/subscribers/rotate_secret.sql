-- Makes a new secret for a webhook, with the operation. The old one is valid for another day. Parameters: the subscription, the actor, the
-- request.
WITH webhook AS (
    SELECT subscriptions.id, segments.segment_id
    FROM segments.subscriptions
    JOIN segments.segments ON segments.id = subscriptions.segment_id
    WHERE subscriptions.id = $1 AND subscriptions.target = 'webhook' AND subscriptions.actual_end = 'infinity'
),
old AS (
    DELETE FROM segments.secrets
    USING webhook
    WHERE secrets.subscription_id = webhook.id
        AND (secrets.expires_at IS NULL OR secrets.expires_at < pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
    RETURNING secrets.secret, secrets.subscription_id, secrets.expires_at
),
-- A row is replaced and not updated: the service has no right to update secrets.
expiring AS (
    INSERT INTO segments.secrets (name, secret, subscription_id, expires_at)
    SELECT
        'webhook/' || subscription_id || '/' || pg_catalog.gen_random_uuid(), secret, subscription_id,
        (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + interval '24 hours'
    FROM old
    WHERE expires_at IS NULL
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, segment_id, detail)
    SELECT
        'rotate_secret', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', $2, $3, webhook.segment_id,
        pg_catalog.jsonb_build_object('subscription', webhook.id)
    FROM webhook
)
SELECT segments.create_webhook_secret(webhook.id), (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + interval '24 hours'
FROM webhook
