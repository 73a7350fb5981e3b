-- Audit of STG orders: a parked order waits for a name, an order that is not parked waits for none, and no message is
-- unsent.
SELECT e.object_id, 'is parked and waits for no name' AS problem
FROM stg.order_events AS e
WHERE e.parked_at IS NOT NULL AND NOT EXISTS (SELECT FROM stg.missing_names AS m WHERE m.object_id = e.object_id)
UNION ALL
SELECT e.object_id, 'waits for a name and is not parked'
FROM stg.order_events AS e
WHERE e.parked_at IS NULL AND EXISTS (SELECT FROM stg.missing_names AS m WHERE m.object_id = e.object_id)
UNION ALL
SELECT e.object_id, 'is not marked as sent'
FROM stg.order_events AS e
WHERE e.unsent
UNION ALL
SELECT e.object_id, 'its payload names another user'
FROM stg.order_events AS e
WHERE e.payload -> 'user' ->> 'id' <> e.user_id
UNION ALL
SELECT e.object_id, 'is parked, and its missing names have another time'
FROM stg.order_events AS e
INNER JOIN stg.missing_names AS m ON e.object_id = m.object_id
WHERE m.parked_at <> e.parked_at
