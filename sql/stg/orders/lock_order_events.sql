-- What is held of these orders, locked in the order of their numbers until the transaction ends: two replicas that hold
-- events of one order apply them one after the other. The messages stay behind when all together are too large for one
-- answer; then it says so, and fewer orders are asked for.
-- $1 object_id bigint[]; $2 bytes of messages that are not too many bigint
WITH locked AS MATERIALIZED (
    SELECT e.object_id, e.version, e.user_id, e.enriched, e.parked_at, e.released_at
    FROM stg.order_events AS e
    WHERE e.object_id = ANY($1::bigint[])
    ORDER BY e.object_id
    FOR UPDATE
),

weighed AS (
    SELECT coalesce(sum(octet_length(l.enriched)), 0) > $2 AS too_much
    FROM locked AS l
)

SELECT
    l.object_id, l.version, l.user_id, CASE WHEN NOT w.too_much THEN l.enriched END AS enriched, l.parked_at, l.released_at,
    w.too_much
FROM locked AS l
CROSS JOIN weighed AS w
ORDER BY l.object_id
