-- Marks messages locked by lock_unsent_orders as sent, after the broker has acknowledged them.
-- $1 object_id bigint[]
UPDATE stg.order_events AS e
SET unsent = false
WHERE e.object_id = ANY($1::bigint[])
