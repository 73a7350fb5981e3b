-- Parked orders with what each waits for, the longest parked first. Kinds and ids; a name is just what is not there.
-- $1 how many bigint; NULL: all
SELECT
    p.object_id,
    p.parked_at,
    coalesce(array_agg(m.kind ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}'),
    coalesce(array_agg(m.name_id ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}'),
    coalesce(array_agg(m.restaurant_id ORDER BY m.kind, m.name_id) FILTER (WHERE m.kind IS NOT NULL), '{}')
FROM (
    SELECT e.id, e.object_id, e.parked_at
    FROM stg.order_events AS e
    WHERE e.parked_at IS NOT NULL
    ORDER BY e.parked_at, e.id
    LIMIT $1
) AS p
LEFT JOIN stg.missing_names AS m ON p.object_id = m.object_id
GROUP BY p.id, p.object_id, p.parked_at
ORDER BY p.parked_at, p.id
