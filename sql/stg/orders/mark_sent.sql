-- The broker has acknowledged the messages of these orders, which lock_unsent_orders has locked.
-- $1 object_id bigint[]
UPDATE stg.order_events AS e
SET unsent = false
WHERE e.object_id = ANY($1::bigint[])
