-- Asks for the reconciliation of a subscription, which is made at once. If it is asked for already, that request stays. Returns the row of
-- the log. Parameters: the subscription.
WITH asked AS (
    SELECT syncs.requested
    FROM segments.syncs
    WHERE syncs.subscription_id = $1
    FOR UPDATE
),
inserted AS (
    INSERT INTO segments.log (state, action, target, id, segment_id, segment_name)
    SELECT 'running', 'update', subscriptions.target, subscriptions.segment_id, subscriptions.id::text, subscriptions.audience
    FROM segments.subscriptions, asked
    WHERE subscriptions.id = $1 AND asked.requested IS NULL
    RETURNING run_id
)
UPDATE segments.syncs
SET retry_at = NULL, requested = COALESCE(syncs.requested, (SELECT run_id FROM inserted))
WHERE subscription_id = $1
RETURNING requested
