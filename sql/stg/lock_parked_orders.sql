-- Parked orders worth another look: those that wait for a name that is known now, and those whose dishes alone have been
-- missing since before a point in time. Replicas share the work: what another has locked is skipped.
-- $1 kind text[], $2 name_id text[], $3 restaurant_id text[]: names known now; $4 overdue before timestamp; $5 limit bigint
SELECT e.object_id, e.sent_dttm, e.payload::text, e.version, e.parked_at
FROM stg.order_events AS e
WHERE
    e.parked_at IS NOT NULL
    AND e.object_id IN (
        (
            SELECT m.object_id
            FROM unnest($1::text[], $2::text[], $3::text[]) AS k (kind, name_id, restaurant_id)
            INNER JOIN stg.missing_names AS m
                ON k.kind = m.kind AND k.name_id = m.name_id AND k.restaurant_id = m.restaurant_id
            LIMIT $5
        )
        UNION
        (
            SELECT o.object_id
            FROM stg.order_events AS o
            WHERE
                o.parked_at < $4
                AND NOT EXISTS (
                    SELECT FROM stg.missing_names AS m
                    WHERE m.object_id = o.object_id AND m.kind <> 'dish'
                )
            ORDER BY o.parked_at, o.id
            LIMIT $5
        )
    )
ORDER BY e.object_id
FOR UPDATE SKIP LOCKED
