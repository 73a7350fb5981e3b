-- Locks the next parked orders of a selection, in the order of their ids, as batches do. What they wait for does not
-- change until the transaction ends.
-- $1 object_id bigint[], NULL: any; $2 kind, NULL: any; $3 the id of a name or of an order text, NULL: any;
-- $4 parked before timestamp, NULL: any time; $5 the last object_id so far bigint; $6 maximum number of orders bigint
SELECT e.object_id
FROM stg.order_events AS e
WHERE
    e.parked_at IS NOT NULL
    AND e.object_id > $5
    AND ($1::bigint[] IS NULL OR e.object_id = ANY($1::bigint[]))
    AND ($4::timestamp IS NULL OR e.parked_at < $4)
    AND (
        $2::text IS NULL AND $3::text IS NULL
        OR EXISTS (
            SELECT FROM stg.missing_names AS w
            WHERE
                w.object_id = e.object_id
                AND ($2::text IS NULL OR w.kind = $2)
                AND ($3::text IS NULL OR $3 IN (w.name_id, w.restaurant_id, e.object_id::text))
        )
    )
ORDER BY e.object_id
LIMIT $6
FOR UPDATE
