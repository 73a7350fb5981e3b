-- Records a batch of a sync that goes on. Parameters: the subscription, the members at the target, the row of the log.
UPDATE segments.syncs SET members = $2::bigint, run_id = COALESCE($3::bigint, run_id) WHERE subscription_id = $1
