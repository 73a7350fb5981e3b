-- Ends a subscription, with the operation. Its target is told afterwards. Parameters: the number, the actor, the request.
WITH ended AS (
    UPDATE segments.subscriptions
    SET actual_end = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    WHERE id = $1 AND actual_end = 'infinity'
    RETURNING id, segment_id, actual_end
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, segment_id, detail)
    SELECT
        'delete_subscription', ended.actual_end, $2, $3, segments.segment_id,
        pg_catalog.jsonb_build_object('subscription', ended.id)
    FROM ended
    JOIN segments.segments ON segments.id = ended.segment_id
)
SELECT id FROM ended
