-- Locks and returns stored orders, in the order of their ids, until the transaction ends. Replicas that hold events of
-- the same order apply them one after the other. If the stored messages together exceed $2 bytes, they are left out and
-- the result says so; the caller then repeats the query with fewer orders.
-- $1 object_id bigint[]; $2 maximum bytes of messages bigint
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
