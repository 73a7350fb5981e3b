-- Starts the publication phase of a rebuild, after the topic has been replayed. Does nothing if another replica has
-- done so.
-- $1 service, $2 id
UPDATE public.tagmill_rebuilds AS r
SET phase = 'publishing'
WHERE r.service = $1 AND r.id = $2 AND r.phase = 'replaying'
