-- What is held of these orders, locked in the order of their numbers until the transaction ends: two replicas that hold
-- events of one order apply them one after the other.
-- $1 object_id bigint[]
SELECT e.object_id, e.version, e.user_id, e.enriched, e.parked_at
FROM stg.order_events AS e
WHERE e.object_id = ANY($1::bigint[])
ORDER BY e.object_id
FOR UPDATE
