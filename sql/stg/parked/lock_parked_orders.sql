-- Locks parked orders to retry: those that wait for a name that is now known, those that have waited for their products
-- long enough, and those that were released. Replicas share the work: locked rows are skipped. More candidates are read
-- than taken, because other replicas may have locked the first ones, and an order may wait for many names.
--
-- LATERAL, count(*) = 0 and ARRAY() force index lookups from name to order. With plain joins and no statistics (a table
-- that was just filled) the planner merges complete indexes: a million rows per round.
--
-- $1 kind text[], $2 name_id text[], $3 restaurant_id text[]: names known now; $4 overdue before timestamp;
-- $5 maximum number of orders bigint; $6 maximum number of candidates bigint; $7 maximum bytes of payloads bigint; the
-- last may exceed it
WITH candidate AS (
    (
        SELECT waiting.object_id
        FROM unnest($1::text[], $2::text[], $3::text[]) AS k (kind, name_id, restaurant_id)
        CROSS JOIN LATERAL (
            SELECT m.object_id
            FROM stg.missing_names AS m
            WHERE k.kind = m.kind AND k.name_id = m.name_id AND k.restaurant_id = m.restaurant_id
            ORDER BY m.object_id
            LIMIT $6
        ) AS waiting
        LIMIT $6
    )
    UNION
    (
        -- An order that waits for a product waits only for products, because they are looked up after its user and its
        -- restaurant are known.
        SELECT m.object_id
        FROM stg.missing_names AS m
        WHERE m.kind = 'dish' AND m.parked_at < $4
        ORDER BY m.parked_at, m.object_id
        LIMIT $6
    )
    UNION
    (
        SELECT e.object_id
        FROM stg.order_events AS e
        WHERE
            e.released_at IS NOT NULL
            AND (
                SELECT count(*)
                FROM stg.missing_names AS m
                WHERE m.object_id = e.object_id AND m.kind IN ('user', 'restaurant')
            ) = 0
        ORDER BY e.object_id
        LIMIT $6
    )
),

locked AS MATERIALIZED (
    SELECT e.object_id, e.sent_dttm, e.payload::text, e.version, e.parked_at, e.released_at
    FROM stg.order_events AS e
    WHERE e.parked_at IS NOT NULL AND e.object_id = ANY(ARRAY(SELECT c.object_id FROM candidate AS c))
    ORDER BY e.object_id
    LIMIT $5
    FOR UPDATE OF e SKIP LOCKED
),

weighed AS (
    SELECT
        l.object_id, l.sent_dttm, l.payload, l.version, l.parked_at, l.released_at,
        sum(octet_length(l.payload)) OVER (ORDER BY l.object_id) - octet_length(l.payload) AS before
    FROM locked AS l
)

SELECT w.object_id, w.sent_dttm, w.payload, w.version, w.parked_at, w.released_at
FROM weighed AS w
WHERE w.before < $7
ORDER BY w.object_id
