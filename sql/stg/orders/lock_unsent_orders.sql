-- Locks and returns unsent messages that have no Kafka offset, until they are marked as sent. Replicas share the work.
-- $1 maximum number of messages bigint; $2 maximum bytes of messages bigint; the last message may exceed it
WITH locked AS MATERIALIZED (
    SELECT e.id, e.object_id, e.user_id, e.enriched
    FROM stg.order_events AS e
    WHERE e.unsent
    ORDER BY e.id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
),

weighed AS (
    SELECT
        l.id, l.object_id, l.user_id, l.enriched,
        sum(octet_length(l.enriched)) OVER (ORDER BY l.id) - octet_length(l.enriched) AS before
    FROM locked AS l
)

SELECT w.object_id, w.user_id, w.enriched
FROM weighed AS w
WHERE w.before < $2
ORDER BY w.id
