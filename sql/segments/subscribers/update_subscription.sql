-- Changes a subscription that has not ended, with the operation. Parameters: the number, the parameters or null, whether the cron line is
-- set, the cron line, the actor, the request.
WITH changed AS (
    UPDATE segments.subscriptions
    SET params = COALESCE($2::text::json, params), cron = CASE WHEN $3::bool THEN $4 ELSE cron END
    WHERE id = $1 AND actual_end = 'infinity'
    RETURNING id, segment_id
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, segment_id, detail)
    SELECT
        'update_subscription', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', $5, $6, segments.segment_id,
        pg_catalog.jsonb_build_object('subscription', changed.id)
    FROM changed
    JOIN segments.segments ON segments.id = changed.segment_id
)
SELECT id FROM changed
