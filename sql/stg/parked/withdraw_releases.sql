-- Withdraws the release of orders that still cannot be sent. They are retried when they are released again.
-- $1 object_id bigint[]
UPDATE stg.order_events AS e
SET released_at = NULL
WHERE e.object_id = ANY($1::bigint[]) AND e.released_at IS NOT NULL
