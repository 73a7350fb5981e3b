-- Claims the reconciliation of a subscription, unless another one is being reconciled. A claim lasts five minutes. Parameters: the
-- subscription.
UPDATE segments.syncs
SET reconciling_since = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE subscription_id = $1
    AND NOT EXISTS (
        SELECT
        FROM segments.syncs AS other
        WHERE other.subscription_id <> $1
            AND other.reconciling_since > (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') - interval '5 minutes'
    )
