-- Messages that have no offset behind them and are not known to be sent, locked until they are: replicas share the work.
-- $1 limit bigint
SELECT e.object_id, e.user_id, e.enriched
FROM stg.order_events AS e
WHERE e.unsent
ORDER BY e.id
LIMIT $1
FOR UPDATE SKIP LOCKED
