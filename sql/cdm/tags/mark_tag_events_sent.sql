-- Marks tag events as sent, after the broker has acknowledged them.
-- $1 seq bigint[]
UPDATE cdm.user_tag_events AS e
SET unsent = false
WHERE e.unsent AND e.seq = ANY($1::bigint[])
