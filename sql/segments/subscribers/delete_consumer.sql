-- Ends a consumer and its subscriptions, with the operation. Parameters: the number, the actor, the request.
WITH ended AS (
    UPDATE segments.consumers
    SET actual_end = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    WHERE id = $1 AND actual_end = 'infinity'
    RETURNING id, name, actual_end
),
subscriptions AS (
    UPDATE segments.subscriptions
    SET actual_end = ended.actual_end
    FROM ended
    WHERE subscriptions.consumer_id = ended.id AND subscriptions.actual_end = 'infinity'
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, detail)
    SELECT 'delete_consumer', ended.actual_end, $2, $3, pg_catalog.jsonb_build_object('consumer', ended.id, 'name', ended.name)
    FROM ended
)
SELECT id FROM ended
