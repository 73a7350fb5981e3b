-- Orders that were released and still cannot go on: the next look at them is another person's decision.
-- $1 object_id bigint[]
UPDATE stg.order_events AS e
SET released_at = NULL
WHERE e.object_id = ANY($1::bigint[]) AND e.released_at IS NOT NULL
