-- Inserts new orders. There is no ON CONFLICT: if another replica has stored the order in the meantime, the unique
-- violation rolls the batch back, and the loop repeats it.
-- $1 object_id bigint[], $2 sent_dttm timestamp[], $3 payload text[], $4 version text[], $5 user_id text[],
-- $6 enriched text[], $7 parked_at timestamp[], $8 unsent boolean[]
INSERT INTO stg.order_events (object_id, object_type, sent_dttm, payload, version, user_id, enriched, parked_at, unsent)
SELECT
    n.object_id, 'order', n.sent_dttm, n.payload::json, n.version, n.user_id, n.enriched, n.parked_at, n.unsent
FROM
    unnest(
        $1::bigint[], $2::timestamp[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamp[], $8::boolean[]
    ) AS n (object_id, sent_dttm, payload, version, user_id, enriched, parked_at, unsent)
ORDER BY n.object_id
