-- The newest secret of a webhook. Parameters: the subscription.
SELECT secret FROM segments.secrets WHERE subscription_id = $1 AND expires_at IS NULL
