-- Makes orders that lock_orders_to_release has locked overdue, so that the service's next round sends them on with the
-- dishes it does not know; but for those that wait for a user or a restaurant.
-- $1 object_id bigint[], $2 a time before any order was parked timestamp
UPDATE stg.order_events AS e
SET parked_at = $2
WHERE
    e.object_id = ANY($1::bigint[])
    AND NOT EXISTS (
        SELECT FROM stg.missing_names AS m
        WHERE m.object_id = e.object_id AND m.kind <> 'dish'
    )
RETURNING e.object_id
