-- Orders whose names are all known now: no longer parked, not yet known to be sent.
-- The orders are named twice: a join alone would be planned, on a table that was empty when it was analysed, as one that reads
-- it whole, and a session keeps that plan while the table grows.
-- $1 object_id bigint[], $2 enriched text[]
UPDATE stg.order_events AS e
SET enriched = n.enriched, parked_at = NULL, released_at = NULL, unsent = true
FROM unnest($1::bigint[], $2::text[]) AS n (object_id, enriched)
WHERE e.object_id = ANY($1::bigint[]) AND e.object_id = n.object_id
