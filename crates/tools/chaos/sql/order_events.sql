-- Selects, for each order, whether it is parked, its user, the time of its newest event, and its payload as received.
SELECT
    e.object_id::text,
    concat_ws(
        '|',
        CASE WHEN e.parked_at IS NULL THEN 'sent on' ELSE 'parked' END,
        e.user_id,
        (extract(EPOCH FROM e.sent_dttm) * 1000000)::bigint,
        e.payload
    )
FROM stg.order_events AS e
