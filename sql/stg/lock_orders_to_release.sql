-- The parked ones of these orders, locked in the order of their numbers, as every batch locks them: from here on, what
-- they wait for stays as it is until the transaction ends.
-- $1 object_id bigint[]; NULL: all that are parked
SELECT e.object_id
FROM stg.order_events AS e
WHERE
    e.parked_at IS NOT NULL
    AND ($1::bigint[] IS NULL OR e.object_id = ANY($1::bigint[]))
ORDER BY e.object_id
FOR UPDATE
