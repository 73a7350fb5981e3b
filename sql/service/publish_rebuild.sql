-- The topic has been read again: what came of it may be told. Nothing happens if another replica has said so already.
-- $1 service, $2 id
UPDATE public.tagmill_rebuilds AS r
SET phase = 'publishing'
WHERE r.service = $1 AND r.id = $2 AND r.phase = 'replaying'
