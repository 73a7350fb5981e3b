-- Creates a subscription of an alive segment for a consumer that has not ended, with the operation; no row if there are none. A trigger
-- applies the rules, locks the segment and makes the secret. Parameters: the consumer, the name of the segment, the target, the name of the
-- audience, the parameters, the cron line, the mode, the actor, the request.
WITH created AS (
    INSERT INTO segments.subscriptions (consumer_id, segment_id, target, name, params, cron, mode, actual_begin)
    SELECT
        consumers.id, segments.id, $3, $4, $5::text::json, $6, $7, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    FROM segments.consumers
    JOIN segments.segments ON segments.name = $2 AND segments.actual_end = 'infinity'
    WHERE consumers.id = $1 AND consumers.actual_end = 'infinity'
    RETURNING id, segment_id
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, request_id, segment_id, detail)
    SELECT
        'create_subscription', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', $8, $9, segments.segment_id,
        pg_catalog.jsonb_build_object('subscription', created.id)
    FROM created
    JOIN segments.segments ON segments.id = created.segment_id
)
SELECT id FROM created
