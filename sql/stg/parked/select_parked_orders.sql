-- Selects parked orders and the kinds and ids of the names each waits for; the order parked longest comes first.
-- $1 kind, NULL: any; $2 the id of a name or of an order text, NULL: any; $3 parked before timestamp, NULL: any time;
-- $4 maximum number of orders bigint, NULL: all
SELECT
    p.object_id,
    p.parked_at,
    p.released_at,
    coalesce(array_agg(m.kind ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}'),
    coalesce(array_agg(m.name_id ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}'),
    coalesce(array_agg(m.restaurant_id ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}')
FROM (
    SELECT e.id, e.object_id, e.parked_at, e.released_at
    FROM stg.order_events AS e
    WHERE
        e.parked_at IS NOT NULL
        AND ($3::timestamp IS NULL OR e.parked_at < $3)
        AND (
            $1::text IS NULL AND $2::text IS NULL
            OR EXISTS (
                SELECT FROM stg.missing_names AS w
                WHERE
                    w.object_id = e.object_id
                    AND ($1::text IS NULL OR w.kind = $1)
                    AND ($2::text IS NULL OR $2 IN (w.name_id, w.restaurant_id, e.object_id::text))
            )
        )
    ORDER BY e.parked_at, e.id
    LIMIT $4
) AS p
LEFT JOIN stg.missing_names AS m ON p.object_id = m.object_id
GROUP BY p.id, p.object_id, p.parked_at, p.released_at
ORDER BY p.parked_at, p.id
