-- Stores newer events of orders that lock_order_events has locked. An unsent message is superseded, unless the newer
-- event is parked: then it is the latest message that can be sent. The ids are repeated in the condition: a plan made
-- while the table was empty would otherwise read the whole table, and a session keeps that plan while the table grows.
-- $1 object_id bigint[], $2 sent_dttm timestamp[], $3 payload text[], $4 version text[], $5 enriched text[],
-- $6 parked_at timestamp[], $7 released_at timestamp[], $8 unsent boolean[]
UPDATE stg.order_events AS e
SET
    sent_dttm = n.sent_dttm,
    payload = n.payload::json,
    version = n.version,
    enriched = n.enriched,
    parked_at = n.parked_at,
    released_at = n.released_at,
    unsent = n.unsent
FROM
    unnest(
        $1::bigint[], $2::timestamp[], $3::text[], $4::text[], $5::text[], $6::timestamp[], $7::timestamp[], $8::boolean[]
    ) AS n (object_id, sent_dttm, payload, version, enriched, parked_at, released_at, unsent)
WHERE e.object_id = ANY($1::bigint[]) AND e.object_id = n.object_id
