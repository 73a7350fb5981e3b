-- The members at the target. Parameters: the subscription.
SELECT pg_catalog.count(*) FROM segments.deliveries WHERE subscription_id = $1 AND membership_id IS NOT NULL
