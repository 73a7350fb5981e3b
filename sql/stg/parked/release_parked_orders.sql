-- Releases orders that lock_orders_to_release has locked: the next round sends them without their missing products.
-- Orders that wait for a user or a restaurant are left out. An order that was released before stays released.
-- $1 object_id bigint[], $2 now timestamp
UPDATE stg.order_events AS e
SET released_at = coalesce(e.released_at, $2)
WHERE
    e.object_id = ANY($1::bigint[])
    AND NOT EXISTS (
        SELECT FROM stg.missing_names AS m
        WHERE m.object_id = e.object_id AND m.kind IN ('user', 'restaurant')
    )
RETURNING e.object_id
