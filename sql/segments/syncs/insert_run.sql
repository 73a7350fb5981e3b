-- Adds a row to the log. Parameters: the subscription, the state, the action, the message, the error, members at the target, changes that
-- it has acknowledged, changes that it has rejected, whether the audience existed.
INSERT INTO segments.log (
    state, action, target, id, segment_id, segment_name, message, error, coverage, num_received, num_invalid, existed, first_upload_dttm,
    last_upload_dttm
)
SELECT
    $2::text, $3::text, subscriptions.target, subscriptions.segment_id, subscriptions.id::text, subscriptions.audience, $4::text, $5::text,
    $6::int, $7::int, $8::int, $9::bool, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM segments.subscriptions
WHERE subscriptions.id = $1
RETURNING run_id
