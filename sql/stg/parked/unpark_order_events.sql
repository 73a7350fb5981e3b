-- Un-parks orders whose names are all known and stores their messages as unsent. The ids are repeated in the condition:
-- a plan made while the table was empty would otherwise read the whole table, and a session keeps that plan while the
-- table grows.
-- $1 object_id bigint[], $2 enriched text[]
UPDATE stg.order_events AS e
SET enriched = n.enriched, parked_at = NULL, released_at = NULL, unsent = true
FROM unnest($1::bigint[], $2::text[]) AS n (object_id, enriched)
WHERE e.object_id = ANY($1::bigint[]) AND e.object_id = n.object_id
