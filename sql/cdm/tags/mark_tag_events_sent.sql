-- The broker has acknowledged these events, of those that select_unsent_tag_events has handed out.
-- $1 seq bigint[]
UPDATE cdm.user_tag_events AS e
SET unsent = false
WHERE e.unsent AND e.seq = ANY($1::bigint[])
